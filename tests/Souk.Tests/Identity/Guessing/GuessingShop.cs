using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Souk.Identity.Guessing;

namespace Souk.Tests.Identity.Guessing;

/// <summary>A shop behind a proxy, so that tries come from where a test says, with a clock that stands still until told, and small costs of hashing.</summary>
public sealed class GuessingShop(TestPostgres postgres) : TestShop(postgres)
{
    public const string Home = "198.51.100.20", Elsewhere = "203.0.113.7";

    /// <summary>Only the time stands still; timers go on.</summary>
    public sealed class StillClock : TimeProvider
    {
        DateTimeOffset now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => now;
        public void Advance(TimeSpan by) => now += by;
    }

    public StillClock Still { get; } = new();

    /// <summary>What was logged with a name of its own.</summary>
    public ConcurrentQueue<(string? Event, string Text)> Told { get; } = [];

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Configuration["Http:TrustedProxies"] = "127.0.0.0/8, ::1";
        builder.Configuration["Identity:PasswordMemoryKibibytes"] = "8192";
        builder.Configuration["Identity:PasswordPasses"] = "1";
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Still));
        builder.Logging.AddProvider(new Listener(Told));
    }

    /// <summary>Signs in from an address, as a device that may be known.</summary>
    public async Task<HttpResponseMessage> Try(string email, string password, string from = Elsewhere, string? device = null, string? mode = null, string? cookie = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = JsonContent.Create(new { email, password, mode }) };
        request.Headers.Add("X-Forwarded-For", from);
        if (device is not null) request.Headers.Add(DeviceTokens.Header, device);
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        return await Http.SendAsync(request);
    }

    public async Task Fail(string email, int times, string from = Elsewhere, string? device = null)
    {
        for (var i = 0; i < times; i++) await (await Try(email, "not my password", from, device)).Problem(System.Net.HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    /// <summary>A new account, and the token of the device that signed in to it.</summary>
    public async Task<(string Email, string Device)> NewAccount()
    {
        var email = People.NewEmail();
        Assert.True((await this.Register(new { email, password = People.Password })).IsSuccessStatusCode);
        return (email, (await (await Try(email, People.Password, Home)).Body()).Text("deviceToken"));
    }

    /// <summary>So many seconds to wait, or 0 when the try was taken.</summary>
    public static async Task<int> Wait(Task<HttpResponseMessage> tried)
    {
        var answer = await tried;
        if (answer.StatusCode != System.Net.HttpStatusCode.TooManyRequests) return 0;
        var problem = await answer.Problem(System.Net.HttpStatusCode.TooManyRequests, "sign_in_delayed");
        var seconds = (int)answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        Assert.Contains($" {seconds} s;", problem.Text("detail"), StringComparison.Ordinal);
        return seconds;
    }

    sealed class Listener(ConcurrentQueue<(string?, string)> told) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;
        public void Dispose() { }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is not null && IsEnabled(logLevel)) told.Enqueue((eventId.Name, formatter(state, exception)));
        }
    }
}
