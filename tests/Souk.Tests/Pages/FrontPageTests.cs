using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Souk.Catalog.Import;
using Souk.Tests.Catalog;
using Souk.Tests.Identity;
using Souk.Tests.Identity.SecondFactors;
using Souk.Tests.Ordering;
using Souk.Tests.Tidy;

namespace Souk.Tests.Pages;

/// <summary>A shop with the sample catalogue, and a browser.</summary>
public sealed class BrowsedShop(TestPostgres postgres) : OrderingShop(postgres), IAsyncLifetime
{
    static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    IPlaywright playwright = null!;

    public IBrowser Browser { get; private set; } = null!;

    protected override void Configure(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) => builder.Configuration["Payments:Methods"] = "sandbox";

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await App.Services.GetRequiredService<CatalogImport>().RunAsync(CatalogShop.Sample, null, CancellationToken.None);
        await Answers.Eventually(async () => (await (await Http.GetAsync("/v1/products/hl-mountain-frame")).Body()).GetProperty("variants").EnumerateArray()
            .Any(v => v.Text("stockState") == "in_stock"), "the pages show that there is stock");
        var program = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("These tests need Chromium. On Debian: apt-get install chromium");
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await Browser.DisposeAsync();
        playwright.Dispose();
        await DisposeAsync();
    }
}

public sealed class FrontPageTests(BrowsedShop shop) : IClassFixture<BrowsedShop>
{
    /// <summary>Set, the pictures of docs/screenshots are taken anew.</summary>
    static readonly bool TakesPictures = Environment.GetEnvironmentVariable("SOUK_TEST_PICTURES") == "1";

    const float WaitMilliseconds = 20_000;

    /// <summary>A page whose console and network are watched: no error, nothing that the policy forbids, nothing from elsewhere.</summary>
    async Task<(IPage Page, ConcurrentBag<string> Complaints)> OpenAsync(string path, int width = 1280, int height = 800)
    {
        var context = await shop.Browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, BaseURL = shop.Address.ToString() });
        context.SetDefaultTimeout(WaitMilliseconds);
        var (page, complaints) = (await context.NewPageAsync(), new ConcurrentBag<string>());
        page.Console += (_, said) => { if (said.Type is "error" or "warning" && !said.Text.Contains("status of 4", StringComparison.Ordinal)) complaints.Add(said.Text); };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) => { if (!request.Url.StartsWith(shop.Address.ToString(), StringComparison.Ordinal)) complaints.Add(request.Url); };
        await page.GotoAsync(path);
        return (page, complaints);
    }

    static async Task PictureAsync(IPage page, string name)
    {
        if (!TakesPictures) return;
        await page.EvaluateAsync("Promise.all([...document.images].map(i => i.complete || new Promise(d => { i.onload = i.onerror = d; })))");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Source.Root, "docs", "screenshots", name + ".png") });
    }

    static Task ShowsAsync(IPage page, string text) => Assertions.Expect(page.Locator("body")).ToContainTextAsync(text, new() { Timeout = WaitMilliseconds, IgnoreCase = true });

    /// <summary>From the list to the form, with one unit in the cart.</summary>
    static async Task FillAsync(IPage page, string slug)
    {
        await page.GotoAsync($"/#/p/{slug}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to cart" }).ClickAsync();
        await page.GetByLabel("E-mail").FillAsync("ada@example.com");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Ada Lovelace");
        await page.GetByLabel("Street and number").FillAsync("12 St James Square");
        await page.GetByLabel("City").FillAsync("London");
        await page.GetByLabel("Country code").FillAsync("gb");
    }

    static Task BuyAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Place order and pay" }).ClickAsync();

    static Task ReachedAsync(IPage page, string step) =>
        Assertions.Expect(page.Locator("[aria-current=step]")).ToHaveTextAsync(step, new() { Timeout = WaitMilliseconds });

    [Fact]
    public async Task A_newcomer_buys_and_sees_the_order_change_while_staff_mark_it()
    {
        var (page, complaints) = await OpenAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Bikes" }).ClickAsync();
        await ShowsAsync(page, "Mountain");
        await PictureAsync(page, "products");
        await page.GetByLabel("Search products").FillAsync("frame");
        await page.GetByLabel("Search products").PressAsync("Enter");
        await ShowsAsync(page, "What matches");
        await page.Locator(".tile").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to cart" }).WaitForAsync();
        await PictureAsync(page, "product");
        await FillAsync(page, "hl-mountain-frame");
        await PictureAsync(page, "checkout");
        await BuyAsync(page);
        await ReachedAsync(page, "paid");
        await ShowsAsync(page, "Live: this page changes by itself");
        var number = (await page.Locator("h1").TextContentAsync())!.Split(' ')[^1];

        var member = await shop.NewStaff();
        var (staff, staffComplaints) = await OpenAsync("/staff");
        await staff.GetByLabel("E-mail").FillAsync(member.Email);
        await staff.GetByLabel("Password").FillAsync("not the right phrase");
        await staff.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(staff.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await staff.GetByLabel("Password").FillAsync(People.Password);
        await staff.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        var row = staff.Locator($"[data-order='{number}']");
        foreach (var step in (string[])["packed", "shipped"])
        {
            await row.GetByRole(AriaRole.Button, new() { Name = step }).ClickAsync();
            await ReachedAsync(page, step);
        }
        await PictureAsync(staff, "staff");
        await PictureAsync(page, "order");
        await row.GetByRole(AriaRole.Button, new() { Name = "delivered" }).ClickAsync();
        await ReachedAsync(page, "delivered");
        Assert.Empty(complaints.Concat(staffComplaints));
    }

    [Fact]
    public async Task A_page_that_was_left_while_it_loaded_is_not_shown()
    {
        var (page, complaints) = await OpenAsync("/#/cart");
        await ShowsAsync(page, "Your cart is empty");
        var (asked, answers) = (new TaskCompletionSource(), new TaskCompletionSource());
        await page.RouteAsync("**/v1/categories*", async route =>
        {
            asked.SetResult();
            await answers.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync("/#/");
        await asked.Task;
        await page.GotoAsync("/#/p/hl-mountain-frame");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to cart" }).WaitForAsync();
        var late = page.WaitForResponseAsync(response => response.Url.Contains("/v1/categories", StringComparison.Ordinal));
        answers.SetResult();
        await (await late).FinishedAsync();
        await page.EvaluateAsync("new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)))");
        Assert.True(await page.GetByRole(AriaRole.Button, new() { Name = "Add to cart" }).IsVisibleAsync());
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_declined_payment_leaves_an_order_that_can_be_paid()
    {
        var (page, complaints) = await OpenAsync("/");
        await FillAsync(page, "hl-mountain-frame");
        await page.GetByLabel("Payment").SelectOptionAsync("tok_declined");
        await BuyAsync(page);
        await ReachedAsync(page, "placed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pay $" }).ClickAsync();
        await ReachedAsync(page, "paid");
        await page.ReloadAsync();
        await ReachedAsync(page, "paid");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task What_was_sold_meanwhile_is_named_and_nothing_is_ordered()
    {
        var variant = await shop.NewVariantAsync(1);
        var slug = await shop.ScalarAsync<string>("SELECT slug FROM catalog.products ORDER BY created_at DESC, id DESC LIMIT 1");
        await Answers.Eventually(async () => (await (await shop.Http.GetAsync($"/v1/products/{slug}")).Body()).GetProperty("variants")[0].Text("stockState") != "out",
            "the page shows that there is one");
        var (page, complaints) = await OpenAsync("/", width: 375, height: 700);
        await FillAsync(page, slug);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant));
        await BuyAsync(page);
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not enough of", new() { Timeout = WaitMilliseconds });
        await PictureAsync(page, "phone-refused");
        // Nothing sticks out of a phone.
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.scroll')).map(e => e.outerHTML)
            """));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Staff_with_a_second_factor_are_asked_for_a_code()
    {
        var member = await shop.Guard(await shop.NewStaff());
        var (page, complaints) = await OpenAsync("/staff");
        await page.GetByLabel("E-mail").FillAsync(member.Person.Email);
        await page.GetByLabel("Password").FillAsync(People.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByLabel("Code of your authenticator").FillAsync("nonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("code is wrong", new() { Timeout = WaitMilliseconds });
        await page.GetByLabel("Code of your authenticator").FillAsync(member.RecoveryCodes[0]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Orders" }).WaitForAsync();
        Assert.Empty(complaints);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/#/p/hl-mountain-frame")]
    [InlineData("/#/cart")]
    [InlineData("/#/orders")]
    [InlineData("/staff")]
    public async Task Can_be_used_without_eyes_or_mouse(string path)
    {
        var (page, complaints) = await OpenAsync(path, width: 375, height: 700);
        await page.Locator("h1").WaitForAsync();
        await page.EvaluateAsync("document.documentElement.lang || (() => { throw new Error('no language') })()");
        var faults = await page.EvaluateAsync<string[]>("""
            [...[...document.querySelectorAll('input, select, textarea')].filter(e => !e.labels?.length && !e.ariaLabel).map(e => 'no label: ' + e.outerHTML),
             ...[...document.querySelectorAll('img')].filter(e => !e.hasAttribute('alt')).map(e => 'no alt: ' + e.outerHTML),
             ...[...document.querySelectorAll('button, a')].filter(e => !e.textContent.trim() && !e.ariaLabel).map(e => 'no name: ' + e.outerHTML),
             ...['h1', 'main'].filter(name => document.querySelectorAll(name).length !== 1).map(name => 'not one ' + name),
             ...[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).map(id => 'twice: ' + id),
             ...(document.documentElement.scrollWidth <= innerWidth ? [] : ['wider than a phone'])]
            """);
        Assert.Empty(faults);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Its_parts_are_served_under_a_strict_policy_and_kept_by_their_ETag()
    {
        foreach (var path in (string[])["/", "/staff", "/pages/shop.js", "/pages/api.js", "/pages/staff.js", "/pages/style.css", "/pages/icon.svg"])
        {
            using var answer = await shop.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
            using var unchanged = await shop.Http.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        }
        foreach (var path in (string[])["/pages/none.js", "/pages/..%2fsouk.json", "/pages/index.html"])
            await (await shop.Http.GetAsync(path)).Problem(HttpStatusCode.NotFound, "route_not_found");
    }

    [Fact]
    public async Task The_explorer_shows_how_to_order_and_asks_nobody_else()
    {
        var (page, complaints) = await OpenAsync("/docs/#tag/checkout/POST/v1/orders", height: 1000);
        await ShowsAsync(page, "Buys a cart, or the given lines");
        await PictureAsync(page, "explorer");
        Assert.Empty(complaints);
    }
}
