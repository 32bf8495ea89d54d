using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using SmtpServer;
using SmtpServer.Mail;
using SmtpServer.Net;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Souk.Tests.Platform.Mail;

/// <summary>A real SMTP server in this process, on a free port of this machine: keeps what it is given, and refuses what it is told to.</summary>
public sealed class SmtpSink : IAsyncDisposable
{
    readonly ConcurrentQueue<(string To, MimeMessage Mail)> taken = [];
    CancellationTokenSource? stop;
    Task running = Task.CompletedTask;

    /// <summary>Known once it has started; kept when it starts again.</summary>
    public int Port { get; private set; }

    /// <summary>What it says to a recipient, by the address; null takes the mail.</summary>
    public Func<string, SmtpResponse?> Refuses { get; set; } = static _ => null;

    /// <summary>With one, it offers STARTTLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>How often it was asked to take a mail for somebody, by the address.</summary>
    public ConcurrentDictionary<string, int> Asked { get; } = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<MimeMessage> To(string address) => [.. taken.Where(m => m.To.Equals(address, StringComparison.OrdinalIgnoreCase)).Select(m => m.Mail)];

    public Task StartAsync()
    {
        stop = new CancellationTokenSource();
        var listening = new EndpointListenerFactory();
        listening.EndpointStarted += (_, started) => Port = ((IPEndPoint)started.LocalEndPoint).Port;
        var services = new global::SmtpServer.ComponentModel.ServiceProvider();
        services.Add((IEndpointListenerFactory)listening);
        services.Add(new Store(this));
        services.Add(new Filter(this));
        var options = new SmtpServerOptionsBuilder().ServerName("sink.example").Endpoint(endpoint =>
        {
            endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, Port));
            if (Certificate is not null) endpoint.Certificate(Certificate);
        }).Build();
        // It listens when the call comes back.
        running = new global::SmtpServer.SmtpServer(options, services).StartAsync(stop.Token);
        Assert.NotEqual(0, Port);
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        if (stop is null) return;
        await stop.CancelAsync();
        try { await running; }
        catch (OperationCanceledException) { running = Task.CompletedTask; }
        stop.Dispose();
        stop = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    sealed class Store(SmtpSink sink) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            var mail = await MimeMessage.LoadAsync(new MemoryStream(buffer.ToArray()), cancellationToken);
            foreach (var to in transaction.To) sink.taken.Enqueue((to.AsAddress(), mail));
            return SmtpResponse.Ok;
        }
    }

    sealed class Filter(SmtpSink sink) : MailboxFilter
    {
        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken)
        {
            sink.Asked.AddOrUpdate(to.AsAddress(), 1, static (_, times) => times + 1);
            return sink.Refuses(to.AsAddress()) is { } no ? throw new SmtpResponseException(no) : Task.FromResult(true);
        }
    }
}
