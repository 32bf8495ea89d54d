using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Platform;
using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>
/// <c>POST /v1/me/email</c>: asks for another address. A mail to the new one brings a token that confirms it; the present one is told. Whether the new one
/// has an account already, neither answer nor time tells: its owner gets a mail then, and nothing changes. At most five in an hour are answered by mails.
/// 403 <c>password_wrong</c>, 429 <c>sign_in_delayed</c> after some of them; 409 <c>mail_off</c> in a shop that sends no mails.
/// </summary>
/// <remarks>Sent again, it is another mail; the latest token serves.</remarks>
internal static class AskEmailChange
{
    public sealed record Request([Required] string? NewEmail, [Required] string? CurrentPassword);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/me/email", Handle).ForSignedIn().WithName(nameof(AskEmailChange));

    static async Task<Results<Accepted<NextStep>, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, PersonalData people, CurrentPassword password, AccountMails mails,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (!mails.IsOn) return EmailErrors.MailOff;
        var id = caller.RequiredAccountId;
        if (await Account.FindAsync(db, id, cancel) is not { } account) return AccountErrors.NotFound;
        if (await people.RevealAsync(id, Account.EmailColumn, account.Email, cancel) is not { } oldEmail) return AccountErrors.NotFound;
        if (await password.RefuseAsync(caller, request.CurrentPassword!, cancel) is { } wrong) return wrong;

        var (now, indexes, newEmail) = (clock.GetUtcNow(), EmailAddress.Indexes(people, request.NewEmail!), request.NewEmail!.Trim());
        var token = Guid.CreateVersion7(now);
        byte[] protectedNew, protectedOld;
        try
        {
            protectedNew = await people.ProtectAsync(id, SendMail.NewEmailColumn, newEmail, cancel);
            protectedOld = await people.ProtectAsync(id, SendMail.OldEmailColumn, oldEmail, cancel);
        }
        catch (PersonErasedException)
        {
            return AccountErrors.NotFound;
        }
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch()
            .Add(Insert, id, token, protectedNew, indexes[0], protectedOld, now, now + MailTokens.ChangeTime)
            .AddJob(AnswerEmailChange.JobType, new AnswerEmailChange.Job(id, token, indexes), now);
        await batch.ExecuteNonQueryAsync(cancel);
        mails.Hurry();
        return NextStep.CheckMail.Accept(http);
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/newEmail", EmailAddress.Refuse(request.NewEmail)),
        ("/currentPassword", request.CurrentPassword is { Length: > 0 } current && PasswordRules.IsUsable(current) ? null : "The password of today is needed.")));

    const string Insert = """
        INSERT INTO identity.mail_tokens (account_id, id, purpose, email, email_index, old_email, created_at, expires_at)
        VALUES ($1, $2, 'change_email', $3, $4, $5, $6, $7)
        """;
}
