namespace Souk.Prove.Deployments;

/// <summary>A disk in memory, whose size can be changed. Only root may mount one, on Linux.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    /// <summary>Half an hour of orders and their log; memory is only used as it fills.</summary>
    const int MegabytesMax = 8_192;

    const int SpareKilobytes = 256, SpareKilobytesMax = 65_536;

    SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

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

    /// <summary>Leaves no room but what is taken already, and a little that is taken while it shrinks.</summary>
    public async Task FillAsync()
    {
        for (var spare = SpareKilobytes; ; spare *= 2)
        {
            var disk = new DriveInfo(Folder);
            try
            {
                await ResizeAsync(FormattableString.Invariant($"{(disk.TotalSize - disk.AvailableFreeSpace) / 1024 + spare}k"));
                return;
            }
            catch (ProveException) when (spare < SpareKilobytesMax)
            {
                // More was written meanwhile than was spared.
            }
        }
    }

    public Task FreeAsync() => ResizeAsync(FormattableString.Invariant($"{MegabytesMax}m"));

    Task ResizeAsync(string size) => Child.RunAsync("mount", "-o", $"remount,size={size}", Folder);

    public async ValueTask DisposeAsync() => await Child.RunAsync("umount", Folder);
}
