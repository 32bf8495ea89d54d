using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Platform.Data;
using Souk.Platform.Modules;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform.Outbox;

/// <summary>Aggregate: a thing.</summary>
sealed record ThingChanged(Guid ThingId, string Word = "") : IEvent
{
    public static string Type => "thing.changed";
}

/// <summary>Aggregate: a thing.</summary>
sealed record ThingPainted(Guid ThingId) : IEvent
{
    public static string Type => "thing.painted";
}

/// <summary>Aggregate: the shadow of a thing, which has the thing's id and counts for itself.</summary>
sealed record ShadowMoved(Guid ThingId) : IEvent
{
    public static string Type => "shadow.moved";
}

/// <summary>Nodes whose subscribers write down what they are told, and what publishers do.</summary>
static class RelayShop
{
    public const string Subscriber = "test.note-things";

    /// <summary>The default subscriber: notes every change in the table <c>notes</c>.</summary>
    public static void NoteAll(WorkMap work) => work.On<ThingChanged>(Subscriber, (_, context, cancel) => NoteAsync(context, Subscriber, cancel));

    public static Task NoteAsync(EventContext context, string who, CancellationToken cancel) => context.Connection.ExecuteAsync(
        "INSERT INTO notes (who, what, version) VALUES ($1, $2, $3)", [who, context.AggregateId, context.Version], cancel);

    /// <summary>A node over a database of its own, with the table of notes, whose subscribers are known to the log.</summary>
    public static async Task<WorkNode> NodeAsync(this TestPostgres postgres, Action<WorkMap>? map = null, RelayLimits? limits = null)
    {
        var node = await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), map ?? NoteAll, Limit(limits));
        await node.MakeNotesAsync();
        var subscribers = node.App.Services.GetRequiredService<WorkMap>().Subscriptions.Select(s => s.Subscriber).Distinct().Count();
        await Answers.Eventually(async () => await node.ScalarAsync<long>("SELECT count(*) FROM platform.subscribers WHERE name LIKE 'test.%'") == subscribers, "the subscribers are known");
        return node;
    }

    public static Action<WebApplicationBuilder> Limit(RelayLimits? limits) => builder =>
    {
        if (limits is not null) builder.Services.Replace(ServiceDescriptor.Singleton(limits));
    };

    /// <summary>Events of one thing in a transaction of their own.</summary>
    public static async Task TellAsync(this WorkNode node, Guid thing, params int[] versions)
    {
        await using var connection = await node.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var version in versions) await connection.AppendEventAsync(thing, version, node.Clock.GetUtcNow(), new ThingChanged(thing), default);
        await transaction.CommitAsync();
    }

    /// <summary>The versions of a thing in the order in which they were noted.</summary>
    public static Task<List<int>> NotedAsync(this WorkNode node, Guid thing, string who = Subscriber) =>
        node.ListAsync<int>($"SELECT version FROM notes WHERE what = '{thing}' AND who = '{who}' ORDER BY n");

    public static Task EventuallyNoted(this WorkNode node, Guid thing, IEnumerable<int> versions, string who = Subscriber) =>
        Answers.Eventually(async () => (await node.NotedAsync(thing, who)).SequenceEqual(versions), $"{who} noted versions {string.Join(", ", versions)}");
}
