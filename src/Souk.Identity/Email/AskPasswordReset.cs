using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Tokens;
using Souk.Platform;
using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>
/// <c>POST /v1/password-resets</c>: when the address has an account, a mail to it brings a token that sets a new password; at most three in an hour. The
/// answer and its time tell nothing: a job looks whether there is an account. 409 <c>mail_off</c> in a shop that sends no mails.
/// </summary>
/// <remarks>Sent again, it is another mail.</remarks>
internal static class AskPasswordReset
{
    public sealed record Request([Required] string? Email);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/password-resets", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(AskPasswordReset));

    static async Task<Results<Accepted<NextStep>, Error>> Handle(Request request, NpgsqlDataSource db, PersonalData people, AccountMails mails, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (!mails.IsOn) return EmailErrors.MailOff;
        await using var connection = await db.OpenConnectionAsync(cancel);
        await connection.EnqueueJobAsync(AnswerPasswordReset.JobType, new AnswerPasswordReset.Job(EmailAddress.Indexes(people, request.Email!)), clock.GetUtcNow(), cancel);
        mails.Hurry();
        return NextStep.CheckMail.Accept(http);
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(("/email", EmailAddress.Refuse(request.Email))));
}
