using Souk.Contracts;
using Souk.Notifications.Inbox;
using Souk.Notifications.Live;
using Souk.Platform.Modules;

namespace Souk.Notifications;

/// <summary>Telling customers what happens: the inbox and the streams that carry it. The table of contents of this module.</summary>
public sealed class NotificationsModule : IModule
{
    public string Name => "notifications";

    public IReadOnlyList<string> Needs => ["identity", "ordering"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(NotificationsOptions.Read(configuration));
        services.AddSingleton<LiveStreams>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveStreams>());
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        MakeTicket.Map(routes);
        FollowEvents.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.On<OrderPlaced>(WriteInbox.Subscriber, WriteInbox.OnPlaced);
        work.On<OrderPaid>(WriteInbox.Subscriber, WriteInbox.OnPaid);
        work.On<OrderClosed>(WriteInbox.Subscriber, WriteInbox.OnClosed);
        work.On<OrderFulfilmentChanged>(WriteInbox.Subscriber, WriteInbox.OnFulfilmentChanged);
        work.On<PaymentStatusChanged>(WriteInbox.Subscriber, WriteInbox.OnPaymentChanged);
        work.Every(TrimInbox.Cron, TrimInbox.JobType, TrimInbox.RunAsync);
    }
}
