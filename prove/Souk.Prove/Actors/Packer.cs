using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>Packs, ships and delivers what was paid, sometimes passing over a step, sometimes told twice.</summary>
internal sealed class Packer(World world, string name) : Actor(world, name)
{
    static readonly string[] Steps = ["packed", "shipped", "delivered"];

    protected override async Task ActAsync(Random script)
    {
        if (!History.Paid.TryDequeue(out var order))
        {
            await Task.Delay(20, CancellationToken.None);
            return;
        }
        for (var step = script.Next(2); step < Steps.Length && script.Next(5) > 0; step++)
        {
            var sends = Enumerable.Range(0, script.Next(6) == 0 ? 2 : 1).Select(_ =>
                Shop.AskAsync("mark fulfilment", HttpMethod.Post, $"/v1/admin/orders/{order}/fulfilment", Body(("status", Steps[step])), new(World.Staff)));
            // A payment that was captured for an order which ended meanwhile is given back; what was sold on back-order may not have come.
            foreach (var answer in await Task.WhenAll(sends))
                if (!Expect(answer, $"marking {order} as {Steps[step]}", 200, "order_not_paid", "order_fulfilled_further", "not_on_shelf")) return;
                else History.Orders[order].Fulfilment = Steps[step];
        }
    }
}
