namespace Souk.Tests.Platform;

/// <summary>A folder name of its own for one test; the folder does not exist yet, and is gone afterwards.</summary>
sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"souk keys {Guid.NewGuid():N}");

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>Every byte of every file in it.</summary>
    public byte[] Bytes => [.. Directory.GetFiles(Path).SelectMany(File.ReadAllBytes)];

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
