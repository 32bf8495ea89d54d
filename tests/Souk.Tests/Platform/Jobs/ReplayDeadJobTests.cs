using System.Collections.Concurrent;
using System.Net;
using Souk.Platform.Ids;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.Jobs;

public sealed class ReplayDeadJobTests(ReplayDeadJobTests.Replaying shop) : IClassFixture<ReplayDeadJobTests.Replaying>
{
    public sealed class Replaying(TestPostgres postgres) : TestShop(postgres)
    {
        public ConcurrentQueue<string> Ran { get; } = [];

        protected override void MapWork(WorkMap work) => work.Job<Args>("test.revived", (args, job, _) =>
        {
            Ran.Enqueue($"{args.OrderId} {job.Attempt}");
            return Task.CompletedTask;
        });
    }

    public sealed record Args(string OrderId);

    [Fact]
    public async Task The_job_runs_again_with_all_its_attempts_and_a_second_replay_finds_nothing()
    {
        var staff = await shop.NewStaff();
        var path = $"/v1/admin/dead-jobs/{new Id<JobKind>(await DeadJobs.AddAsync(shop, "test.revived", """{"orderId": "ord_1"}"""))}/replays";

        using var answer = await staff.Http.PostAsync(path, null);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.StartsWith("job_", (await answer.Body()).Text("jobId"), StringComparison.Ordinal);
        await Answers.Eventually(() => Task.FromResult(!shop.Ran.IsEmpty), "the job ran");
        await (await staff.Http.PostAsync(path, null)).Problem(HttpStatusCode.NotFound, "dead_job_not_found");
        Assert.Equal(["ord_1 1"], shop.Ran);
    }

    [Fact]
    public async Task Is_for_staff()
    {
        var path = $"/v1/admin/dead-jobs/{new Id<JobKind>(Guid.CreateVersion7())}/replays";
        await (await shop.Http.PostAsync(path, null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.NewPerson()).Http.PostAsync(path, null)).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    [Theory]
    [InlineData("job_00000000000000000000000000")]
    [InlineData("ord_00000000000000000000000000")]
    [InlineData("x")]
    public async Task An_id_that_names_no_dead_letter_is_not_found(string id) =>
        await (await (await shop.NewStaff()).Http.PostAsync($"/v1/admin/dead-jobs/{id}/replays", null)).Problem(HttpStatusCode.NotFound, "dead_job_not_found");
}
