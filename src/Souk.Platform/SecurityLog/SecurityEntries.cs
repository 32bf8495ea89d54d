using Souk.Platform.Http;

namespace Souk.Platform.SecurityLog;

/// <summary>What is to be noted: who did what, to what, and how it ended.</summary>
public sealed record SecurityNote(SecurityAct Act, SecurityActor Actor)
{
    public SecurityId? Target { get; init; }
    public SecurityOutcome Outcome { get; init; } = SecurityOutcome.Done;
    public SecurityDetails? Details { get; init; }

    /// <summary>The target is an account.</summary>
    public SecurityNote Of(Guid account) => this with { Target = new(SecurityId.Account, account) };

    /// <summary>The target is a session.</summary>
    public SecurityNote OfSession(Guid session) => this with { Target = new(SecurityId.Session, session) };
}

/// <summary>Makes entries of the security log out of notes: adds when, from where and in which request.</summary>
public sealed class SecurityEntries(PersonalData people, TimeProvider clock)
{
    /// <summary>
    /// The entry, to be written by a statement of the act (<see cref="AppendEntry"/>). Encrypts the address, so call it before the transaction, like everything
    /// that may have to read a key.
    /// </summary>
    /// <param name="http">Where it came from; null for what no request asked for.</param>
    public async ValueTask<SecurityEntry> MakeAsync(SecurityNote note, HttpContext? http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var entry = new SecurityEntry(SecurityEntry.NewId(now), now, note.Act.Code, CodeOf(note.Outcome), note.Actor, note.Target, null,
            note.Details?.ToString() ?? "{}", http is null ? null : Problem.TraceIdOf(http));
        return entry with { Address = await AddressAsync(entry.Person, http, cancel) };
    }

    internal static string CodeOf(SecurityOutcome outcome) => outcome switch
    {
        SecurityOutcome.Begun => "begun",
        SecurityOutcome.Done => "done",
        _ => "refused",
    };

    /// <summary>An address is personal data: with nobody under whose key it could be, or nobody left, it is not kept.</summary>
    async ValueTask<byte[]?> AddressAsync(Guid? person, HttpContext? http, CancellationToken cancel)
    {
        if (person is not { } whose || http?.Connection.RemoteIpAddress is not { } from) return null;
        try
        {
            return await people.ProtectAsync(whose, SecurityEntry.AddressColumn, from.Plain().ToString(), cancel);
        }
        catch (PersonErasedException)
        {
            return null;
        }
    }
}
