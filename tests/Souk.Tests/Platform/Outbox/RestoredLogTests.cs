namespace Souk.Tests.Platform.Outbox;

/// <summary>
/// A dump restored into a cluster that has counted less far is imitated by moving the log's transaction ids ahead of everything this cluster has given
/// out: the rows look the same.
/// </summary>
public sealed class RestoredLogTests(TestPostgres postgres)
{
    [Fact]
    public async Task The_log_of_another_cluster_goes_on_where_it_was_and_new_events_are_told()
    {
        var node = await postgres.NodeAsync();
        var (read, unread, fresh) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await node.TellAsync(read, 1, 2);
        await node.EventuallyNoted(read, [1, 2]);
        var (app, connectionString) = (node, node.ConnectionString);
        await app.StopAsync();
        await using (app)
        {
            await using var writer = await WorkNode.IdleAsync(connectionString);
            await writer.TellAsync(read, 3);
            await writer.TellAsync(unread, 1);
            await writer.ExecuteAsync("UPDATE platform.outbox SET xid = (xid::text::bigint + 1000000000)::text::xid8");
            await writer.ExecuteAsync("UPDATE platform.subscribers SET xid = (xid::text::bigint + 1000000000)::text::xid8");
            // Written by a node that has no worker, before one starts.
            await writer.TellAsync(unread, 2);

            await using var next = await WorkNode.StartAsync(connectionString, RelayShop.NoteAll);
            await writer.TellAsync(fresh, 1);
            await next.EventuallyNoted(fresh, [1]);
            await next.EventuallyNoted(read, [1, 2, 3]);
            await next.EventuallyNoted(unread, [1, 2]);
            Assert.Equal(0, await next.ScalarAsync<long>("SELECT count(*) FROM platform.outbox WHERE xid > pg_current_xact_id()"));
        }
    }

    [Fact]
    public async Task A_log_whose_cursors_alone_come_from_elsewhere_is_taken_up_too()
    {
        await using var node = await postgres.NodeAsync();
        await node.StopAsync();
        await using var writer = await WorkNode.IdleAsync(node.ConnectionString);
        await writer.ExecuteAsync("UPDATE platform.subscribers SET xid = (xid::text::bigint + 1000000000)::text::xid8");
        var thing = Guid.NewGuid();
        await writer.TellAsync(thing, 1);

        await using var next = await WorkNode.StartAsync(node.ConnectionString, RelayShop.NoteAll);
        await writer.TellAsync(thing, 2);
        await next.EventuallyNoted(thing, [1, 2]);
    }
}
