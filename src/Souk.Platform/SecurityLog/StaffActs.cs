using Souk.Platform.Http;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// Notes every request of staff that may change something, before it is handled and committed by itself: who, which operation, the ids of its route. Never the
/// body. A second entry tells that it was refused, and the code. A request that cannot be read, or is not staff's, never comes this far and does nothing.
/// </summary>
/// <remarks>
/// So an entry <c>begun</c> says what was asked for; what fails half-way, or is killed, was asked for too. A log that claims an attempt is better than one that
/// misses an act.
/// </remarks>
internal sealed class StaffActs : IEndpointFilter
{
    public static readonly StaffActs Instance = new();

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)) return await next(context);

        var entries = http.RequestServices.GetRequiredService<SecurityEntries>();
        var db = http.RequestServices.GetRequiredService<NpgsqlDataSource>();
        await db.AppendSecurityEntryAsync(await entries.MakeAsync(NoteOf(http), http, http.RequestAborted), http.RequestAborted);
        var result = await next(context);
        if (RefusalOf(result) is { } refusal)
        {
            var note = NoteOf(http) with { Outcome = SecurityOutcome.Refused };
            note.Details!.Problem(refusal);
            // Whoever hangs up does not keep the answer to their request out of the log.
            await db.AppendSecurityEntryAsync(await entries.MakeAsync(note, http, CancellationToken.None), CancellationToken.None);
        }
        return result;
    }

    static SecurityNote NoteOf(HttpContext http)
    {
        var details = new SecurityDetails().Operation(http.GetEndpoint(), http.Request.Method);
        SecurityId? target = null;
        foreach (var (name, value) in http.Request.RouteValues)
            if (value is string text && SecurityId.TryRead(text, out var id))
            {
                details.RouteId(name, id);
                target ??= id;
            }
        return new(SecurityAct.StaffRequest, SecurityActor.Of(Caller.Of(http.User)))
        { Target = target, Outcome = SecurityOutcome.Begun, Details = details };
    }

    static Error? RefusalOf(object? result)
    {
        while (result is INestedHttpResult nested) result = nested.Result;
        return result as Error;
    }
}
