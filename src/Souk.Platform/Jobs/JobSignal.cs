using Souk.Platform.Bus;

namespace Souk.Platform.Jobs;

/// <summary>
/// Wakes the workers of every node, so that a job need not wait for their next look (about a second). Send it after the commit that enqueued the
/// job; it costs nothing to the caller, and when it is lost, the look finds the job.
/// </summary>
public sealed class JobSignal(IBus bus)
{
    internal const string Topic = "jobs";

    public void Send() => bus.Publish(Topic, "");
}
