using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Host;
using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Email;

/// <summary>A shop whose process only answers: jobs wait, so that what they do does not blur how long answers take.</summary>
public sealed class AnsweringShop(TestPostgres postgres) : MailShop(postgres)
{
    protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };

    /// <summary>Accounts, without the mails that would verify them.</summary>
    public async Task<string[]> NewAccounts(int count)
    {
        var emails = Enumerable.Range(0, count).Select(_ => People.NewEmail()).ToArray();
        foreach (var email in emails) Assert.Equal(HttpStatusCode.Accepted, (await this.Register(new { email, password = People.Password })).StatusCode);
        return emails;
    }
}

/// <summary>
/// No answer tells whether an address has an account: not by what is done for it, which shows the least difference for certain, and not by the time it
/// takes, which is what a stranger would measure.
/// </summary>
public sealed class TellsNothingTests(AnsweringShop shop) : IClassFixture<AnsweringShop>
{
    /// <summary>A difference that chance makes is gone in another round; one that the code makes is in all of them.</summary>
    const int RoundsMax = 4;

    const int WarmUp = 20;

    /// <summary>How far from chance the order of times may be: at the size of the samples, more than four standard errors.</summary>
    const double ResetBound = 0.1, RegisterBound = 0.22;

    [Fact]
    public async Task The_same_statements_run_for_an_address_with_an_account_and_for_one_without()
    {
        var known = (await shop.NewAccounts(1))[0];
        // A first request prepares statements, reads keys, opens connections.
        await Statements(() => Ask(known));
        await Statements(() => Register(known));

        Assert.Equal(await Statements(() => Ask(People.NewEmail())), await Statements(() => Ask(known)));
        Assert.Equal(await Statements(() => Register(People.NewEmail())), await Statements(() => Register(known)));
        Assert.Equal(await Statements(() => SignIn(People.NewEmail())), await Statements(() => SignIn(known)));

        var mine = (await shop.NewAccounts(1))[0];
        await using (var verified = shop.Db.CreateCommand("UPDATE identity.accounts SET must_verify_email = false")) await verified.ExecuteNonQueryAsync();
        var anna = await shop.SignedIn(mine);
        await Change(anna, known);
        Assert.Equal(await Statements(() => Change(anna, People.NewEmail())), await Statements(() => Change(anna, known)));
        Assert.Equal(await Statements(() => SignIn(People.NewEmail(), "not my password")), await Statements(() => SignIn(known, "not my password")));
    }

    [Fact]
    public async Task Asking_for_a_new_password_takes_as_long_for_both()
    {
        var (known, unknown) = (await shop.NewAccounts(20), NewEmails(20));
        await Assert_takes_as_long(300, ResetBound, i => Ask(known[i % 20]), i => Ask(unknown[i % 20]));
    }

    [Fact]
    public async Task Registering_takes_as_long_for_both()
    {
        var (known, unknown) = (await shop.NewAccounts(20), NewEmails(RoundsMax * (60 + WarmUp)));
        await Assert_takes_as_long(60, RegisterBound, i => Register(known[i % 20]), Unused(unknown));
    }

    /// <summary>The measure is no good unless it sees what it is there to see: one query more, one hash more.</summary>
    [Fact]
    public async Task One_query_or_one_hash_more_would_be_seen()
    {
        var (known, unknown, fresh) = (await shop.NewAccounts(2), NewEmails(2), NewEmails(RoundsMax * (60 + WarmUp)));
        Assert.True(await IsSeen(300, ResetBound, i => Twice(() => Ask(known[i % 2]), Query), i => Ask(unknown[i % 2])));
        Assert.True(await IsSeen(60, RegisterBound, i => Twice(() => Register(known[i % 2]), Hash), Unused(fresh)));

        static async Task Twice(Func<Task> first, Func<Task> second)
        {
            await first();
            await second();
        }

        async Task Query()
        {
            await using var command = shop.Db.CreateCommand("SELECT account_id FROM identity.email_claims WHERE email_index = '\\x00'");
            await command.ExecuteScalarAsync();
        }

        Task Hash() => Task.Run(() => shop.App.Services.GetRequiredService<PasswordHash>().Make(People.Password));
    }

    async Task Ask(string email) => Assert.Equal(HttpStatusCode.Accepted, (await shop.AskReset(email)).StatusCode);

    async Task Register(string email) => Assert.Equal(HttpStatusCode.Accepted, (await shop.Register(new { email, password = People.Password })).StatusCode);

    async Task SignIn(string email, string password = People.Password) => Assert.Equal(HttpStatusCode.Unauthorized, (await shop.SignIn(email, password)).StatusCode);

    static async Task Change(Person person, string newEmail) => Assert.Equal(HttpStatusCode.Accepted, (await MailShop.AskChange(person, newEmail)).StatusCode);

    static string[] NewEmails(int count) => [.. Enumerable.Range(0, count).Select(_ => People.NewEmail())];

    /// <summary>Each address once: registered, it is known.</summary>
    Func<int, Task> Unused(string[] emails)
    {
        var next = -1;
        return _ => Register(emails[Interlocked.Increment(ref next)]);
    }

    // ---- What is done ----

    /// <summary>The texts of the statements that one request runs, in order: its trace leads to them.</summary>
    async Task<string> Statements(Func<Task> request)
    {
        var seen = new ConcurrentQueue<(ActivityTraceId Trace, string Text)>();
        using var root = new ActivitySource("test.root");
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Npgsql" or "Microsoft.AspNetCore" or "System.Net.Http" or "test.root",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql") seen.Enqueue((activity.TraceId, $"{activity.GetTagItem("db.query.text") ?? activity.GetTagItem("db.statement") ?? activity.DisplayName}"));
            },
        };
        ActivitySource.AddActivityListener(listener);
        ActivityTraceId trace;
        using (var one = root.StartActivity("one")!)
        {
            trace = one.TraceId;
            await request();
        }
        var texts = seen.Where(s => s.Trace == trace).Select(s => s.Text).ToList();
        Assert.NotEmpty(texts);
        return string.Join("\n;\n", texts);
    }

    // ---- How long it takes ----

    static async Task Assert_takes_as_long(int pairs, double bound, Func<int, Task> known, Func<int, Task> unknown)
    {
        List<double> seen = [];
        for (var round = 0; round < RoundsMax; round++)
        {
            var separation = await Separation(pairs, known, unknown);
            if (Math.Abs(separation) < bound) return;
            seen.Add(separation);
        }
        Assert.Fail($"The times of the two differ in every round: {string.Join(", ", seen.Select(s => s.ToString("0.000", CultureInfo.InvariantCulture)))} beyond {bound}.");
    }

    static async Task<bool> IsSeen(int pairs, double bound, Func<int, Task> slower, Func<int, Task> faster)
    {
        for (var round = 0; round < RoundsMax; round++)
            if (await Separation(pairs, slower, faster) > bound) return true;
        return false;
    }

    /// <summary>
    /// The Mann-Whitney measure: how much likelier than half it is that the first takes longer than the second, by ranks, which a machine's pauses do not
    /// pull. Both are asked in turn, in an order by chance, so that a machine that gets slower does so for both.
    /// </summary>
    static async Task<double> Separation(int pairs, Func<int, Task> first, Func<int, Task> second)
    {
        for (var i = 0; i < WarmUp; i++) await Task.WhenAll(Timed(first, i), Timed(second, i));
        var (firsts, seconds) = (new long[pairs], new long[pairs]);
        for (var i = 0; i < pairs; i++)
        {
            if (Random.Shared.Next(2) == 0) (firsts[i], seconds[i]) = (await Timed(first, i), await Timed(second, i));
            else (seconds[i], firsts[i]) = (await Timed(second, i), await Timed(first, i));
        }
        return firsts.Average(a => seconds.Average(b => a > b ? 1 : a == b ? 0.5 : 0)) - 0.5;
    }

    static async Task<long> Timed(Func<int, Task> request, int number)
    {
        var began = Stopwatch.GetTimestamp();
        await request(number);
        return Stopwatch.GetTimestamp() - began;
    }
}
