using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Souk.Host;
using Souk.Identity.Guessing;
using Souk.Platform.Jobs;

namespace Souk.Tests.Identity.Guessing;

public sealed class SignInGuessesTests(GuessingShop shop) : IClassFixture<GuessingShop>
{
    /// <summary>Addresses of documentation and benchmarks; a range for each test, since all tests of this class share a shop.</summary>
    static int ranges;

    static string NewRange() => $"198.18.{Interlocked.Increment(ref ranges)}.1";

    void Pass(double seconds) => shop.Still.Advance(TimeSpan.FromSeconds(seconds));

    [Fact]
    public async Task The_wait_grows_with_every_failure_and_ends_when_it_said()
    {
        var ((email, _), from) = (await shop.NewAccount(), NewRange());
        await shop.Fail(email, 5, from);
        foreach (var wait in new[] { 1, 2, 4, 8, 16 })
        {
            // Not even the right one, and asking makes it no longer.
            Assert.Equal(wait, await GuessingShop.Wait(shop.Try(email, People.Password, from)));
            Assert.Equal(wait, await GuessingShop.Wait(shop.Try(email, "not my password", NewRange())));
            Pass(wait - 0.001);
            Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, from)));
            Pass(0.001);
            await shop.Fail(email, 1, from);
        }
        Assert.Equal(32, await GuessingShop.Wait(shop.Try(email, People.Password, from)));
        Pass(32);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, from)).StatusCode);
    }

    [Fact]
    public async Task Failures_are_forgotten_one_by_one()
    {
        var ((email, _), from) = (await shop.NewAccount(), NewRange());
        await shop.Fail(email, 5, from);
        Pass(15 * 60 * 3);
        await shop.Fail(email, 2, from);
        Assert.Equal(0, await GuessingShop.Wait(shop.Try(email, "not my password", from)));
        Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, from)));
        Pass(15 * 60 * 5);
        await shop.Fail(email, 4, from);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, from)).StatusCode);
    }

    [Fact]
    public async Task The_wait_has_an_end_however_many_fail()
    {
        var (email, from, waited) = (People.NewEmail(), NewRange(), new List<int>());
        await shop.Fail(email, 5, from);
        for (var i = 0; i < 15; i++)
        {
            waited.Add(await GuessingShop.Wait(shop.Try(email, People.Password, from)));
            Pass(waited[^1]);
            await shop.Fail(email, 1, from);
        }
        Assert.Equal(waited.Order(), waited);
        Assert.Equal([900, 900, 900], waited[^3..]);
    }

    /// <summary>Whether there is an account shows in nothing: neither in the answers nor in when they begin to say wait.</summary>
    [Fact]
    public async Task An_email_without_account_has_to_wait_just_the_same()
    {
        var (email, _) = await shop.NewAccount();
        foreach (var tried in new[] { People.NewEmail(), "no e-mail at all", email })
        {
            await shop.Fail(tried, 5, NewRange());
            Assert.Equal(1, await GuessingShop.Wait(shop.Try(tried, People.Password, NewRange())));
            Pass(1);
            await shop.Fail(tried, 1, NewRange());
            Assert.Equal(2, await GuessingShop.Wait(shop.Try(tried, People.Password, NewRange())));
        }
        Assert.Equal(2, await GuessingShop.Wait(shop.Try($" {email.ToUpperInvariant()} ", People.Password, NewRange())));
    }

    [Fact]
    public async Task What_strangers_try_holds_up_no_known_device()
    {
        var (email, device) = await shop.NewAccount();
        await shop.Fail(email, 5, NewRange());
        Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, GuessingShop.Home)));

        // At home and anywhere else.
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, GuessingShop.Home, device)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange(), device)).StatusCode);
    }

    [Fact]
    public async Task A_known_device_has_a_count_of_its_own()
    {
        var (email, device) = await shop.NewAccount();
        await shop.Fail(email, 10, NewRange(), device);
        Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, NewRange(), device)));
        // Nobody else is held up by it, and a right password clears it.
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange())).StatusCode);
        Pass(1);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange(), device)).StatusCode);
        await shop.Fail(email, 9, NewRange(), device);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange(), device)).StatusCode);
    }

    [Fact]
    public async Task A_device_is_known_to_the_account_it_signed_in_to_for_half_a_year()
    {
        var ((email, device), (other, otherDevice)) = (await shop.NewAccount(), await shop.NewAccount());
        await shop.Fail(email, 5, NewRange());
        foreach (var useless in new[] { otherDevice, "nonsense", device[..^2], device.ToUpperInvariant(), "" })
            Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, GuessingShop.Home, useless)));

        Pass(180 * 86_400 - 1);
        await shop.Fail(email, 5, NewRange());
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, GuessingShop.Home, device)).StatusCode);
        await shop.Fail(other, 5, NewRange());
        Pass(1);
        await shop.Fail(other, 1, NewRange());
        Assert.Equal(2, await GuessingShop.Wait(shop.Try(other, People.Password, GuessingShop.Home, otherDevice)));
    }

    [Fact]
    public async Task A_browser_is_known_by_a_cookie_that_no_page_reads()
    {
        var (email, _) = await shop.NewAccount();
        var answer = await shop.Try(email, People.Password, GuessingShop.Home, mode: "cookie");
        Assert.False((await answer.Body()).TryGetProperty("deviceToken", out _));
        var set = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-souk-device=", StringComparison.Ordinal));
        foreach (var attribute in new[] { "httponly", "secure", "samesite=lax", "path=/", "max-age=15552000" }) Assert.Contains(attribute, set, StringComparison.OrdinalIgnoreCase);

        await shop.Fail(email, 5, NewRange());
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, GuessingShop.Home, mode: "cookie", cookie: set.Split(';')[0])).StatusCode);
    }

    [Fact]
    public async Task Whoever_is_after_an_account_gains_little_by_its_owner_signing_in()
    {
        var ((email, _), from) = (await shop.NewAccount(), NewRange());
        await shop.Fail(email, 5, from);
        Pass(1);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, GuessingShop.Home)).StatusCode);
        // Half of what was counted is left, the sign-in while there were no free tries included.
        await shop.Fail(email, 2, from);
        Assert.NotEqual(0, await GuessingShop.Wait(shop.Try(email, People.Password, from)));
    }

    [Fact]
    public async Task Failures_at_once_are_all_counted()
    {
        var (email, _) = await shop.NewAccount();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.Try(email, "not my password", NewRange())));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Unauthorized, a.StatusCode));
        Assert.Equal(0, await GuessingShop.Wait(shop.Try(email, "not my password", NewRange())));
        Assert.Equal(1, await GuessingShop.Wait(shop.Try(email, People.Password, NewRange())));
    }

    /// <summary>Without free tries a wait that is over frees one try, not as many as can be sent at that moment.</summary>
    [Fact]
    public async Task When_a_wait_is_over_one_of_many_at_once_is_taken()
    {
        var (email, _) = await shop.NewAccount();
        await shop.Fail(email, 5, NewRange());
        Pass(1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.Try(email, "not my password", NewRange())));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Unauthorized);
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.Equal(2, await GuessingShop.Wait(shop.Try(email, People.Password, NewRange())));
    }

    /// <summary>Another node over the same database, and so the same node after a restart.</summary>
    [Fact]
    public async Task Every_node_knows_and_a_restart_forgets_nothing()
    {
        var (email, device) = await shop.NewAccount();
        await shop.Fail(email, 5, NewRange());
        await using var node = Shop.Build(new() { ConnectionString = shop.ConnectionString, KeysFolder = shop.KeysFolder, Url = "http://127.0.0.1:0", Roles = ["web"] },
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<TimeProvider>(shop.Still);
            });
        await node.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(node.Urls.First()) };
        using var refused = await http.PostAsJsonAsync("/v1/sessions", new { email, password = People.Password });
        Assert.Equal(1, await GuessingShop.Wait(Task.FromResult(refused)));
        http.DefaultRequestHeaders.Add(DeviceTokens.Header, device);
        using var taken = await http.PostAsJsonAsync("/v1/sessions", new { email, password = People.Password });
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        await node.StopAsync();
    }

    /// <summary>Few tries at each of many accounts: no account notices, the range does.</summary>
    [Fact]
    public async Task Stuffing_is_told_once_and_its_range_has_to_wait()
    {
        var (range, seen) = ($"198.51.{Interlocked.Increment(ref ranges)}", 0);
        var (email, device) = await shop.NewAccount();
        while (shop.Told.All(t => t.Event != "CredentialStuffing"))
        {
            await shop.Fail(People.NewEmail(), 1, $"{range}.{++seen}");
            Assert.InRange(seen, 0, 60);
        }
        Assert.InRange(seen, 20, 60);
        Assert.InRange(await GuessingShop.Wait(shop.Try(email, People.Password, $"{range}.200")), 100, 900);
        // Known devices of that very range, and everybody else, go on.
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, $"{range}.200", device)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange())).StatusCode);
        Pass(900);
        await shop.Fail(People.NewEmail(), 1, $"{range}.201");
        var told = Assert.Single(shop.Told, t => t.Event == "CredentialStuffing");
        Assert.DoesNotContain("198.51", told.Text, StringComparison.Ordinal);
    }

    /// <summary>An office where many mistype is no attack: one person's failures count one e-mail.</summary>
    [Fact]
    public async Task A_range_is_not_held_up_by_one_person()
    {
        var ((email, _), range, stubborn) = (await shop.NewAccount(), NewRange(), People.NewEmail());
        for (var i = 0; i < 10; i++)
        {
            await shop.Fail(stubborn, 1, range);
            Pass(300);
        }
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, range)).StatusCode);
    }

    /// <summary>Whoever found an open session may not guess on; the owner, signed in elsewhere, is not held up.</summary>
    [Fact]
    public async Task Guessing_the_current_password_in_a_session_is_slow_too()
    {
        const string changed = "a new and longer phrase";
        var (email, _) = await shop.NewAccount();
        var (found, own) = (await shop.SignedIn(email), await shop.SignedIn(email));
        for (var i = 0; i < 5; i++) await (await Change(found, "not my password")).Problem(HttpStatusCode.Forbidden, "password_wrong");
        Assert.Equal(1, await GuessingShop.Wait(Change(found, People.Password)));
        Assert.Equal(HttpStatusCode.NoContent, (await Change(own, People.Password)).StatusCode);

        static Task<HttpResponseMessage> Change(Person person, string current) =>
            person.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = current, newPassword = changed });
    }

    [Fact]
    public async Task A_clean_sign_in_leaves_no_row_and_what_is_forgotten_is_deleted()
    {
        var (email, _) = await shop.NewAccount();
        Pass(10 * 86_400);
        await Forget();
        Assert.Equal(0L, await Rows());
        Assert.Equal(HttpStatusCode.Created, (await shop.Try(email, People.Password, NewRange())).StatusCode);
        Assert.Equal(0L, await Rows());

        await shop.Fail(email, 1, NewRange());
        Pass(60);
        await Forget();
        // The range's failure is forgotten, the account's is not yet.
        Assert.Equal(1L, await Rows());
        Pass(900);
        await Forget();
        Assert.Equal(0L, await Rows());
    }

    Task Forget() => ForgetSignInFailures.RunAsync(new(shop.Still.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);

    async Task<long> Rows()
    {
        await using var command = shop.Db.CreateCommand("SELECT count(*) FROM identity.sign_in_failures");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
