namespace Souk.Host.Commands;

/// <summary>Finds the sample catalogue of the repository this program was built in, or is run from.</summary>
internal static class SampleFolder
{
    public static string? Find()
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (Path.Combine(folder.FullName, "samples", "adventureworks") is var found && File.Exists(Path.Combine(found, "catalog.jsonl")))
                    return found;
        return null;
    }
}
