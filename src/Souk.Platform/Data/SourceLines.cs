using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Souk.Platform.Data;

/// <param name="Number">From 1.</param>
/// <param name="BytesRead">Of the file, this line included.</param>
/// <param name="Json">Null for a line of more than <see cref="SourceLines.LineBytesMax"/>.</param>
public readonly record struct SourceLine(int Number, long BytesRead, byte[]? Json);

/// <summary>Reads a file line by line; holds one line at a time, however long the file.</summary>
public static class SourceLines
{
    public const int LineBytesMax = 1_048_576;

    const byte NewLine = (byte)'\n';

    /// <summary>Every line that is not blank. A last line needs no line break.</summary>
    public static async IAsyncEnumerable<SourceLine> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken cancel)
    {
        var pipe = PipeReader.Create(file, new(bufferSize: 65_536, leaveOpen: true));
        var (number, bytes, tooLong) = (0, 0L, false);
        while (true)
        {
            var read = await pipe.ReadAsync(cancel);
            var buffer = read.Buffer;
            while (buffer.PositionOf(NewLine) is { } end)
            {
                var text = buffer.Slice(0, end);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                (number, bytes) = (number + 1, bytes + text.Length + 1);
                if (tooLong || !IsBlank(text)) yield return new(number, bytes, tooLong || text.Length > LineBytesMax ? null : text.ToArray());
                tooLong = false;
            }
            if (read.IsCompleted)
            {
                if (tooLong || !IsBlank(buffer)) yield return new(number + 1, bytes + buffer.Length, tooLong || buffer.Length > LineBytesMax ? null : buffer.ToArray());
                break;
            }
            if (buffer.Length > LineBytesMax)
            {
                // Thrown away as it comes: such a line is refused, never held.
                (bytes, tooLong) = (bytes + buffer.Length, true);
                buffer = buffer.Slice(buffer.End);
            }
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
        await pipe.CompleteAsync();
    }

    static bool IsBlank(ReadOnlySequence<byte> text)
    {
        foreach (var part in text)
            if (part.Span.ContainsAnyExcept(" \t\r"u8)) return false;
        return true;
    }
}
