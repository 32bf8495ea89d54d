using System.Runtime.InteropServices;
using System.Text;

namespace Souk.Platform;

/// <summary>
/// The folder that holds master.keys and people.keys: readable by its owner alone, never inside the data
/// folder, and changed by one process at a time.
/// </summary>
static class KeysFolder
{
    public const string LockFile = "keys.lock";
    const int LockWaitSecondsMax = 10;
    const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>Makes the folder when it is missing; refuses one that other users can enter.</summary>
    public static void Prepare(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else if (!Directory.Exists(folder))
            Directory.CreateDirectory(folder, OwnerFolder);
        RefuseIfOpenToOthers(folder);
    }

    /// <summary>Only Unix has mode bits; on Windows the folder inherits the access list of its parent.</summary>
    public static void RefuseIfOpenToOthers(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(path);
        if ((mode & ~OwnerFolder) == 0) return;
        var wanted = Directory.Exists(path) ? "700" : "600";
        throw new KeysRefusedException(
            $"{path} can be used by other users (mode {Convert.ToString((int)mode, 8)}). Run: chmod {wanted} '{path}'");
    }

    /// <summary>How a file of keys is opened: created for the owner alone, shared between processes.</summary>
    public static FileStreamOptions Open(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        return options;
    }

    /// <summary>
    /// Waits for the folder's lock and holds it until it is disposed. The lock belongs to the open file
    /// (flock on Unix), so it also excludes a second store in this process and vanishes with a killed one.
    /// </summary>
    public static FileStream Lock(string folder)
    {
        var path = Path.Combine(folder, LockFile);
        var giveUpAt = Environment.TickCount64 + LockWaitSecondsMax * 1000;
        while (true)
        {
            try
            {
                return new FileStream(path, Open(FileMode.OpenOrCreate, FileShare.None));
            }
            catch (IOException taken) when (taken.GetType() == typeof(IOException))
            {
                // .NET offers no waiting form of this lock; its holders keep it for one fsync.
                if (Environment.TickCount64 > giveUpAt)
                    throw new KeysRefusedException($"{path} stayed locked for {LockWaitSecondsMax} s by another process.", taken);
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Some network file systems, and one .NET setting, turn locks into nothing: then two processes would both write.</summary>
    public static void RefuseIfLocksDoNothing(string folder)
    {
        using var held = Lock(folder);
        try
        {
            using var second = new FileStream(held.Name, Open(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException)
        {
            return;
        }
        throw new KeysRefusedException(
            $"File locks do nothing in {folder}. Put the keys on a local disk and leave DOTNET_SYSTEM_IO_DISABLEFILELOCKING unset.");
    }

    /// <summary>Makes a new or renamed entry of the folder survive a power cut; fsync of the file alone does not promise that.</summary>
    public static void FlushEntries(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(Encoding.UTF8.GetBytes(folder + '\0'), 0);
        if (descriptor < 0) throw new IOException($"Cannot open {folder} (errno {Marshal.GetLastPInvokeError()}).");
        var failed = fsync(descriptor) != 0;
        var reason = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        if (failed) throw new IOException($"Cannot flush {folder} to disk (errno {reason}).");
    }

#pragma warning disable SYSLIB1054 // The source-generated form needs unsafe code in the whole project.
    [DllImport("libc", SetLastError = true)]
    static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    static extern int close(int descriptor);
#pragma warning restore SYSLIB1054
}
