using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Souk.Platform.Telemetry;

/// <summary>
/// A short name of a fault, the same wherever and whenever it happens: made of the types of the exceptions, the SQL state and our methods nearest to the
/// cause; not of messages or line numbers, which differ from one occurrence or build to the next.
/// </summary>
public static class Fingerprint
{
    /// <summary>Methods of ours that tell one fault from another.</summary>
    const int FramesMax = 3;

    /// <summary>Eight hexadecimal digits.</summary>
    public static string Of(Exception failure)
    {
        var text = new StringBuilder();
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            text.Append(cause.GetType().FullName).Append('\n');
            if (cause is PostgresException database) text.Append(database.SqlState).Append(database.ConstraintName).Append('\n');
            foreach (var method in new StackTrace(cause).GetFrames().Select(frame => frame.GetMethod()).Where(IsOurs).Take(FramesMax))
                text.Append(method!.DeclaringType!.FullName).Append('.').Append(method.Name).Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 4));
    }

    static bool IsOurs(System.Reflection.MethodBase? method) => method?.DeclaringType?.FullName?.StartsWith("Souk.", StringComparison.Ordinal) == true;
}
