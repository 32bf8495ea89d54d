using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Contracts;
using Souk.Host;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Platform.Jobs;

namespace Souk.Tests.Payments;

/// <summary>A shop whose orders are kept by the test and whose saga can be cut off anywhere; its jobs run when a test says so.</summary>
public class PaymentsShop(TestPostgres postgres) : TestShop(postgres)
{
    public Cuts Cuts { get; } = new();
    public OpenOrders Orders => field ??= new(Cuts);

    protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };

    // After the modules have registered theirs.
    protected override void Configure(WebApplicationBuilder builder) => builder.Host.ConfigureContainer<IServiceCollection>((_, services) =>
    {
        services.Replace(ServiceDescriptor.Singleton<IOrdering>(Orders));
        services.AddKeyedSingleton<IPaymentProvider>(SandboxProvider.Method, (provider, _) =>
            new CutProvider(new SandboxProvider(provider.GetRequiredService<NpgsqlDataSource>(), Clock), Cuts));
    });

    public static string NewKey() => Guid.NewGuid().ToString();

    /// <summary>Pays as the holder of the order's token.</summary>
    public Task<HttpResponseMessage> PayAsync(OpenOrders.Order order, string? token = null, string? key = null) =>
        SendPaymentAsync(order.Id, new { method = "sandbox", token }, key ?? NewKey(), order.Token);

    public async Task<HttpResponseMessage> SendPaymentAsync(object orderId, object body, string? key, string? orderToken = null, HttpClient? http = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{orderId}/payments")
        {
            Content = body is string text ? new StringContent(text, System.Text.Encoding.UTF8, "application/json") : JsonContent.Create(body),
        };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (orderToken is not null) request.Headers.Add("Souk-Order-Token", orderToken);
        return await (http ?? Http).SendAsync(request);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? orderToken = null, HttpClient? http = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (orderToken is not null) request.Headers.Add("Souk-Order-Token", orderToken);
        return await (http ?? Http).SendAsync(request);
    }

    /// <summary>Runs the settle jobs of an order's payments as a worker would, due or not, and answers why one of them would be tried again.</summary>
    public async Task<string?> RunJobsAsync(OpenOrders.Order order)
    {
        string? again = null;
        foreach (var args in await ColumnAsync<string>("""
            SELECT j.args::text FROM platform.jobs j JOIN payments.payments p ON p.customer_id = (j.args ->> 'customerId')::uuid AND p.order_id = $1
            WHERE j.type = 'payments.settle-payment' ORDER BY j.id
            """, order.Id.Value))
        {
            var job = JsonSerializer.Deserialize<SettlePayment.Job>(args, Souk.Platform.Http.Json.Options)!;
            try
            {
                await SettlePayment.RunAsync(job, new JobContext(Guid.NewGuid(), 1, App.Services), CancellationToken.None);
            }
            catch (InvalidOperationException waits) when (waits.Message.Contains("waits:", StringComparison.Ordinal))
            {
                again = waits.Message;
            }
        }
        return again;
    }

    /// <summary>The sandbox's own books of an order, oldest first: "captured", "declined refunded", …</summary>
    public async Task<string> BooksAsync(OpenOrders.Order order) => string.Join(' ', await ColumnAsync<string>(
        "SELECT s.status FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE p.order_id = $1 ORDER BY p.id", order.Id.Value));

    /// <summary>Where an order's payments stand, oldest first.</summary>
    public async Task<string> StatusesAsync(OpenOrders.Order order) =>
        string.Join(' ', await ColumnAsync<string>("SELECT status FROM payments.payments WHERE order_id = $1 ORDER BY id", order.Id.Value));

    /// <summary>What was told of an order's payments: version and status of each event.</summary>
    public async Task<string> ToldAsync(OpenOrders.Order order) => string.Join(", ", await ColumnAsync<string>("""
        SELECT version || ' ' || (payload ->> 'status') FROM platform.outbox
        WHERE type = 'payment.status_changed' AND payload ->> 'orderId' = $1 ORDER BY aggregate_id, version
        """, order.Id.ToString()));

    /// <summary>The history that is kept of an order's payments.</summary>
    public async Task<string> ChangesAsync(OpenOrders.Order order) => string.Join(", ", await ColumnAsync<string>("""
        SELECT from_status || ' to ' || to_status FROM payments.payment_changes JOIN payments.payments p ON p.customer_id = payment_changes.customer_id AND p.id = payment_id
        WHERE p.order_id = $1 ORDER BY payment_id, payment_changes.version
        """, order.Id.Value));

    public async Task<List<T>> ColumnAsync<T>(string sql, params object[] args)
    {
        await using var command = Db.CreateCommand(sql);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync()) values.Add(reader.GetFieldValue<T>(0));
        return values;
    }
}
