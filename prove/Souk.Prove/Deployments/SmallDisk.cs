namespace Souk.Prove.Deployments;

/// <summary>A disk in memory, small enough to be filled. Only root may mount one, on Linux.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    /// <summary>Half an hour of orders and their log; memory is only used as it fills.</summary>
    const int MegabytesMax = 8_192;

    SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>The disk, or why there is none.</summary>
    public static async Task<(SmallDisk? Disk, string? Why)> MountAsync(string folder)
    {
        if (!OperatingSystem.IsLinux()) return (null, "only Linux has disks in memory");
        Directory.CreateDirectory(folder);
        try
        {
            await Child.RunAsync("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={MegabytesMax}m,mode=0755"), "souk-prove", folder);
            return (new(folder), null);
        }
        catch (Exception refused) when (refused is ProveException or System.ComponentModel.Win32Exception)
        {
            return (null, $"a disk in memory could not be mounted: {refused.Message.ReplaceLineEndings(" ").Trim()}");
        }
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            // Space that is promised is space that is gone; what is left after the last whole piece goes byte by byte.
            for (var piece = 64 << 20; piece >= 4_096; piece /= 2)
                while (new DriveInfo(Folder).AvailableFreeSpace >= piece) RandomAccess.Write(file.SafeFileHandle, new byte[piece], RandomAccess.GetLength(file.SafeFileHandle));
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync() => await Child.RunAsync("umount", Folder);
}
