using System.Text.Json;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform.Http;

public sealed class JsonTests
{
    sealed record Told(int Number) : IEvent
    {
        public static string Type => "tests.told";
    }

    static readonly JsonElement OfANewerBuild = JsonDocument.Parse("""{"number": 7, "more": {"than": ["this", "build", "knows"]}}""").RootElement;

    [Fact]
    public void A_client_is_told_of_a_member_that_nobody_knows() => Assert.Throws<JsonException>(() => OfANewerBuild.Deserialize<Told>(Souk.Platform.Http.Json.Options));

    [Fact]
    public async Task Events_and_jobs_of_a_newer_build_are_read_by_an_older_one_while_both_run()
    {
        var seen = new List<int>();
        await JobRegistration.Of<Told>("tests.job", (args, _, _) => Seen(args), JobPolicy.Default).Run(OfANewerBuild, null!, CancellationToken.None);
        await Subscription.Of<Told>("tests.subscriber", (happened, _, _) => Seen(happened)).Handle(OfANewerBuild, null!, CancellationToken.None);
        Assert.Equal([7, 7], seen);

        Task Seen(Told told)
        {
            seen.Add(told.Number);
            return Task.CompletedTask;
        }
    }
}
