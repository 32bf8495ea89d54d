using System.Diagnostics;
using Souk.Tests.Tidy;

namespace Souk.Tests.Proofs;

/// <summary>The builds broken on purpose (docs/proof.md) are patches: each must fit the code as it is, or nobody would notice that it proves nothing any more.</summary>
public sealed class MutationPatchesTests
{
    public static TheoryData<string> Patches =>
        [.. Directory.EnumerateFiles(Path.Combine(Source.Root, "prove", "mutations"), "*.patch").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Patches))]
    public async Task Fits_the_code(string patch)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["apply", "--check", Path.Combine("prove", "mutations", patch)])
        {
            WorkingDirectory = Source.Root, RedirectStandardError = true,
        })!;
        var said = await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.True(git.ExitCode == 0, said);
    }
}
