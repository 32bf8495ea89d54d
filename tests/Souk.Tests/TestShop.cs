using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Souk.Host;
using Souk.Platform.Modules;
using Souk.Tests.OpenApi;

namespace Souk.Tests;

/// <summary>A whole shop as it runs in production: every module, a real server on a free port, its own database. One for each test class.</summary>
public class TestShop(TestPostgres postgres) : IAsyncLifetime
{
    public WebApplication App { get; private set; } = null!;
    public HttpClient Http { get; private set; } = null!;
    public NpgsqlDataSource Db => App.Services.GetRequiredService<NpgsqlDataSource>();
    public TestClock Clock { get; } = new();
    public string ConnectionString { get; private set; } = "";
    public string KeysFolder { get; } = Directory.CreateTempSubdirectory("souk-keys-").FullName;
    public Uri Address => new(App.Urls.First());

    /// <summary>What a class of tests wants otherwise: settings, services.</summary>
    protected virtual void Configure(WebApplicationBuilder builder) { }

    protected virtual ShopSettings Adjust(ShopSettings settings) => settings;

    /// <summary>Jobs, schedules and subscribers of the tests, beside those of the shop.</summary>
    protected virtual void MapWork(WorkMap work) { }

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await postgres.NewDatabaseAsync();
        var settings = Adjust(new() { ConnectionString = ConnectionString, KeysFolder = KeysFolder, Url = "http://127.0.0.1:0" });
        App = Shop.Build(settings, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
            Configure(builder);
        });
        MapWork(App.Services.GetRequiredService<WorkMap>());
        await App.StartAsync();
        Http = NewClient();
    }

    /// <summary>A client without cookies or sign-in; dispose it or let it go with the shop.</summary>
    public HttpClient NewClient() => new(new DescribedAnswers(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })) { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        Directory.Delete(KeysFolder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>The real time, and further when a test says so: timers go on, instants jump.</summary>
public sealed class TestClock : TimeProvider
{
    TimeSpan ahead;
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    public void Advance(TimeSpan by) => ahead += by;
}

/// <summary>What tests read of an answer.</summary>
public static class Answers
{
    public static async Task<JsonElement> Body(this HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;

    /// <summary>The problem's code; fails when the answer is no problem.</summary>
    public static async Task<string?> Code(this HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (await answer.Body()).GetProperty("code").GetString();
    }

    public static string Text(this JsonElement body, string member) => body.GetProperty(member).GetString()!;

    /// <summary>Asks again until the condition holds, for what the shop does by itself soon after; fails after a minute.</summary>
    public static async Task Eventually(Func<Task<bool>> holds, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!await holds())
            if (limit.IsCancellationRequested) Assert.Fail($"Never came true: {what}");
            else await timer.WaitForNextTickAsync();
    }
}
