using Souk.Platform.Mail;

namespace Souk.Host.Commands;

/// <summary>What the doctor looks at in mail: the settings, and whether the SMTP server would take mails.</summary>
internal static class MailChecks
{
    static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(5);

    public static async Task<Finding> RunAsync(Chosen settings, CancellationToken cancel)
    {
        var configuration = new ConfigurationBuilder();
        settings.AddTo(configuration);
        MailOptions options;
        try
        {
            options = MailOptions.Read(configuration.Build());
        }
        catch (InvalidOperationException wrong)
        {
            return Finding.Fail("mail", wrong.Message);
        }
        if (!options.IsSmtp)
            return Finding.Ok("mail", "no Mail:Host is named: 'souk up' writes mails as files, 'souk serve' sends none unless Mail:Folder is set");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerTimeMax);
        try
        {
            await new Mailer(options, TimeProvider.System).ProbeAsync(limit.Token);
            return Finding.Ok("mail", $"{options.Host} takes mails from {options.From}");
        }
        catch (MailDelayedException away)
        {
            return Finding.Fail("mail", $"{away.Message} Mails wait and are tried for about a day. Start the server, or correct the settings of Mail.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Finding.Fail("mail", $"{options.Host} did not answer within {AnswerTimeMax.TotalSeconds:0} s. Start the server, or correct Mail:Host, Mail:Port and Mail:Security.");
        }
    }
}
