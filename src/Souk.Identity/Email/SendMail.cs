using Souk.Identity.Accounts;
using Souk.Platform;
using Souk.Platform.Jobs;
using Souk.Platform.Mail;

namespace Souk.Identity.Email;

/// <summary>
/// The job that writes one mail and hands it over: finds the address and derives the token when it runs. Not sent are mails to the erased, and those whose
/// token would not serve any more.
/// </summary>
internal static class SendMail
{
    public const string JobType = "identity.send-mail";

    /// <summary>A server may be away for a day.</summary>
    public static readonly JobPolicy Policy = new(AttemptsMax: 35);

    /// <summary>Columns of personal data, as they are bound to their ciphertext; never renamed.</summary>
    public const string NewEmailColumn = "identity.mail_tokens.email", OldEmailColumn = "identity.mail_tokens.old_email";

    /// <param name="At">When it happened, what the mail tells of.</param>
    public sealed record Job(Guid AccountId, MailKind Kind, DateTimeOffset At, Guid? TokenId = null);

    sealed record Found(byte[] Email, string? Locale, byte[]? NewEmail, byte[]? OldEmail, bool IsOpen);

    public static async Task RunAsync(Job job, JobContext context, CancellationToken cancel)
    {
        var services = context.Services;
        var (mailer, clock) = (services.GetRequiredService<Mailer>(), services.GetRequiredService<TimeProvider>());
        var found = await services.GetRequiredService<NpgsqlDataSource>().QueryFirstAsync(Find, static row => new Found(row.GetFieldValue<byte[]>(0), row.NullableString(1),
            row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3), row.GetBoolean(4)), [job.AccountId, job.TokenId, clock.GetUtcNow()], cancel);
        var purpose = PurposeOf(job.Kind);
        if (found is null || (purpose is not null && !found.IsOpen)) return;
        if (await AddressAsync(job, found, services.GetRequiredService<PersonalData>(), cancel) is not { } address) return;

        var token = purpose is null ? null : services.GetRequiredService<MailTokens>().Write(job.AccountId, job.TokenId!.Value, purpose);
        var language = AcceptLanguage.Choose(found.Locale, MailTexts.Languages, MailTexts.Languages[0]);
        var (subject, paragraphs) = MailTexts.Of(job.Kind, language, mailer.ShopName, job.At,
            (byLink, byCode) => mailer.Bringing(token ?? throw new InvalidOperationException($"{job.Kind} carries no token."), purpose!, byLink, byCode));
        try
        {
            await mailer.SendAsync(new(context.Id, address, language, subject, paragraphs), cancel);
        }
        catch (MailRefusedException refused)
        {
            services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SendMail)).LogWarning("A mail ({Kind}) was refused for good: {Reason}", job.Kind, refused.Message);
        }
    }

    /// <summary>What the token in a mail of this kind is for; null for one without.</summary>
    static string? PurposeOf(MailKind kind) => kind switch
    {
        MailKind.VerifyEmail => MailTokens.Verify,
        MailKind.AccountExists or MailKind.ResetPassword => MailTokens.Reset,
        MailKind.ChangeEmail => MailTokens.Change,
        _ => null,
    };

    static async ValueTask<string?> AddressAsync(Job job, Found found, PersonalData people, CancellationToken cancel)
    {
        var (column, cipher) = job.Kind switch
        {
            MailKind.ChangeEmail => (NewEmailColumn, found.NewEmail),
            MailKind.EmailChangeAsked or MailKind.EmailChanged => (OldEmailColumn, found.OldEmail),
            _ => (Account.EmailColumn, found.Email),
        };
        // The row of a change may be forgotten by now.
        return cipher is null ? null : await people.RevealAsync(job.AccountId, column, cipher, cancel);
    }

    const string Find = """
        SELECT a.email, a.locale, t.email, t.old_email, coalesce(t.used_at IS NULL AND t.withdrawn_at IS NULL AND t.expires_at > $3, false)
        FROM identity.accounts a LEFT JOIN identity.mail_tokens t ON t.account_id = a.id AND t.id = $2
        WHERE a.id = $1
        """;
}
