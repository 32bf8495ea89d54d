using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using MimeKit;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Platform.Mail;

namespace Souk.Tests.Identity.Email;

/// <summary>A shop that sends its mails to a real SMTP server, and therefore verifies e-mails.</summary>
public partial class MailShop(TestPostgres postgres) : TestShop(postgres), IAsyncLifetime
{
    /// <summary>With what HTML must encode.</summary>
    public const string Name = "Kiosk <& Söhne>", Page = "https://shop.example/account?from=mail&ref=1";

    readonly ConcurrentDictionary<string, int> read = new(StringComparer.OrdinalIgnoreCase);

    public SmtpSink Sink { get; } = new();

    /// <summary>Everything the shop logged, with exceptions.</summary>
    public Lines Log { get; } = new();

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Logging.AddProvider(Log);
        builder.Configuration.AddInMemoryCollection([new("Mail:Host", "127.0.0.1"), new("Mail:Port", $"{Sink.Port}"), new("Mail:Security", "none"),
            new("Mail:From", "shop@souk.example"), new("Mail:FromName", Name), new("Mail:ShopUrl", Page)]);
    }

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await Sink.StartAsync();
        await InitializeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        await Sink.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The next mail to somebody, waited for: in the order that they came.</summary>
    public async Task<MimeMessage> MailTo(string address)
    {
        var next = read.AddOrUpdate(address, 1, static (_, before) => before + 1);
        await Answers.Eventually(() => Task.FromResult(Sink.To(address).Count >= next), $"mail {next} comes to {address}");
        return Sink.To(address)[next - 1];
    }

    /// <summary>The next mail to somebody that is about this, by a word of its subject; several that come at once have no order.</summary>
    public async Task<MimeMessage> MailTo(string address, string about)
    {
        await Answers.Eventually(() => Task.FromResult(Sink.To(address).Any(m => m.Subject!.Contains(about, StringComparison.Ordinal))), $"a mail about '{about}' comes to {address}");
        return Sink.To(address).Last(m => m.Subject!.Contains(about, StringComparison.Ordinal));
    }

    /// <summary>Waits until every job has run, and then there is no mail to them beyond so many.</summary>
    public async Task MailsStay(string address, int count)
    {
        await JobsAreDone();
        Assert.Equal(count, Sink.To(address).Count);
    }

    public Task JobsAreDone() => Answers.Eventually(async () => await ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE type LIKE 'identity.%'") == 0, "all jobs ran");

    public static string TokenIn(MimeMessage mail) => Link().Match(mail.TextBody!) is { Success: true } found ? found.Groups[1].Value : throw new InvalidOperationException(mail.TextBody);

    public Task<HttpResponseMessage> Verify(string? token) => Http.PostAsJsonAsync("/v1/email-verifications", new { token });

    public Task<HttpResponseMessage> AskReset(string email) => Http.PostAsJsonAsync("/v1/password-resets", new { email });

    public Task<HttpResponseMessage> Reset(string? token, string? newPassword) => Http.PostAsJsonAsync("/v1/password-resets/confirmation", new { token, newPassword });

    public static Task<HttpResponseMessage> AskChange(Person person, string newEmail, string password = People.Password) =>
        person.Http.PostAsJsonAsync("/v1/me/email", new { newEmail, currentPassword = password });

    public Task<HttpResponseMessage> ConfirmChange(string? token) => Http.PostAsJsonAsync("/v1/email-changes/confirmation", new { token });

    /// <summary>Asks, and takes the token out of the mail.</summary>
    public async Task<string> ResetToken(string email)
    {
        var before = Sink.To(email).Count;
        Assert.Equal(HttpStatusCode.Accepted, (await AskReset(email)).StatusCode);
        await Answers.Eventually(() => Task.FromResult(Sink.To(email).Count > before), "the mail that sets a password comes");
        return TokenIn(Sink.To(email)[before]);
    }

    /// <summary>The same for a change of address.</summary>
    public async Task<string> ChangeToken(Person person, string newEmail)
    {
        var before = Sink.To(newEmail).Count;
        Assert.Equal(HttpStatusCode.Accepted, (await AskChange(person, newEmail)).StatusCode);
        await Answers.Eventually(() => Task.FromResult(Sink.To(newEmail).Count > before), "the mail that confirms the new address comes");
        return TokenIn(Sink.To(newEmail)[before]);
    }

    /// <summary>Somebody who registered, verified their address and signed in; their first mail is read.</summary>
    public async Task<Person> NewVerified(string? email = null, string? locale = null)
    {
        email ??= People.NewEmail();
        Assert.Equal(HttpStatusCode.Accepted, (await this.Register(new { email, password = People.Password, locale })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Verify(TokenIn(await MailTo(email)))).StatusCode);
        return await this.SignedIn(email);
    }

    public static Guid IdOf(Person person) => Id<AccountKind>.TryRead(person.Id, out var id) ? id.Value : throw new InvalidOperationException(person.Id);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Every row of some tables as text, and their bytes as hex.</summary>
    public async Task<string> DumpAsync(params string[] schemas)
    {
        var dump = new System.Text.StringBuilder();
        await using var list = Db.CreateCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY($1)");
        list.Parameters.AddWithValue(schemas);
        List<string> tables = [];
        await using (var reader = await list.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        Assert.NotEmpty(tables);
        foreach (var table in tables)
        {
            await using var rows = Db.CreateCommand($"SELECT t::text FROM {table} t");
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync()) dump.AppendLine(reader.GetString(0));
        }
        return dump.ToString();
    }

    [GeneratedRegex(@"#\w+=([A-Za-z0-9_-]{86})\s")]
    private static partial Regex Link();

    public sealed class Lines : ILoggerProvider, ILogger
    {
        readonly ConcurrentQueue<string> lines = [];

        public string Text => string.Join('\n', lines);
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
        public void Dispose() => lines.Clear();
    }
}
