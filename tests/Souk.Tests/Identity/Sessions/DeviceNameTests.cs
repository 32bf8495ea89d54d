using System.Net;
using Souk.Identity.Sessions;

namespace Souk.Tests.Identity.Sessions;

public sealed class DeviceNameTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox on Windows")]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on macOS")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone")]
    [InlineData("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0 Mobile/15E148 Safari/604.1", "Chrome on iPad")]
    [InlineData("Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0", "Opera on Linux")]
    [InlineData("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on ChromeOS")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Trident/7.0) like Gecko", "Windows")]
    [InlineData("Mozilla/5.0 (compatible; Somebot/2.1)", "Mozilla/5.0")]
    [InlineData("curl/8.14.1", "curl/8.14.1")]
    [InlineData("SoukShop/1.2 (iPhone; iOS 18) Firefox/1", "SoukShop/1.2")]
    [InlineData("<script>alert(1)</script>", null)]
    [InlineData("\u0000", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Is_read_from_what_browsers_and_programs_say(string? userAgent, string? name) => Assert.Equal(name, DeviceName.Of(userAgent));

    [Theory]
    [InlineData("")]
    [InlineData("Mozilla/5.0 ")]
    public void Is_short_whatever_is_sent(string prefix)
    {
        var name = DeviceName.Of(prefix + new string('x', 16_000));
        Assert.True(name!.Length <= DeviceName.LengthMax);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    public void An_address_is_written_as_people_write_it(string seen, string address) => Assert.Equal(address, SessionOrigin.AddressOf(IPAddress.Parse(seen)));
}
