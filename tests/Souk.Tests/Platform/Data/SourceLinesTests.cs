using System.Text;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class SourceLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n \t\r\n", "")]
    [InlineData("a", "1:a")]
    [InlineData("a\nb", "1:a 2:b")]
    [InlineData("a\n\nb\n", "1:a 3:b")]
    public async Task Are_numbered_from_one_and_blank_ones_left_out(string text, string lines) => Assert.Equal(lines, await Read(text));

    [Fact]
    public async Task Too_long_are_told_but_not_held_and_the_next_is_read()
    {
        var tooLong = new string('x', (SourceLines.LineBytesMax * 3) + 5);
        var longest = new string('y', SourceLines.LineBytesMax);
        Assert.Equal($"1:a 2: 3:{longest} 4:b 5:", await Read($"a\n{tooLong}\n{longest}\nb\n{tooLong}"));
    }

    [Fact]
    public async Task Count_the_bytes_read()
    {
        using var file = new MemoryStream(Encoding.UTF8.GetBytes("é\nlonger\nz"));
        var read = new List<long>();
        await foreach (var line in SourceLines.ReadAsync(file, CancellationToken.None)) read.Add(line.BytesRead);
        Assert.Equal([3, 10, 11], read);
    }

    static async Task<string> Read(string text)
    {
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var lines = new List<string>();
        await foreach (var line in SourceLines.ReadAsync(file, CancellationToken.None))
            lines.Add($"{line.Number}:{(line.Json is null ? "" : Encoding.UTF8.GetString(line.Json))}");
        return string.Join(' ', lines);
    }
}
