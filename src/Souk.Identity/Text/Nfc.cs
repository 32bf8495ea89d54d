using System.Globalization;
using System.Text;

namespace Souk.Identity.Text;

/// <summary>
/// Unicode normalisation form C (UAX 15), so that é typed as one character and as two is the same password and the same e-mail.
/// </summary>
/// <remarks>
/// The runtime's own <c>string.Normalize</c> returns its input unchanged when globalization is invariant, and the other setting needs ICU
/// on every machine. Text of assigned characters keeps its form in later versions of Unicode, so the table never has to change what it says.
/// </remarks>
internal static class Nfc
{
    // UAX 15 and chapter 3.12 of the standard: syllables of Hangul are computed, not listed.
    const int SyllableFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7;
    const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    /// <summary>Below it every character stands in form C already.</summary>
    const char CombiningFirst = '\u0300';

    static readonly Lazy<Table> Unicode = new(Table.Read);

    /// <param name="text">Whole Unicode: see <see cref="IsWhole"/>. Cost grows with the square of a run of combining marks: limit the length first.</param>
    public static string Normalise(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(CombiningFirst, char.MaxValue)) return text;
        var table = Unicode.Value;
        var points = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, points, table);
        Order(points, table);
        Compose(points, table);
        var normalised = new StringBuilder(text.Length);
        foreach (var point in points) normalised.Append(new Rune(point).ToString());
        return normalised.ToString();
    }

    /// <summary>False when half of a surrogate pair stands alone: such text has no UTF-8 form.</summary>
    public static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsSurrogate(text[i]) && (!char.IsHighSurrogate(text[i]) || ++i == text.Length || !char.IsLowSurrogate(text[i]))) return false;
        return true;
    }

    static void Decompose(int point, List<int> into, Table table)
    {
        var syllable = point - SyllableFirst;
        if (syllable is >= 0 and < Syllables)
        {
            into.Add(LeadFirst + syllable / (Vowels * Tails));
            into.Add(VowelFirst + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails is > 0 and var tail) into.Add(TailFirst + tail);
        }
        else if (table.Parts.TryGetValue(point, out var parts))
            foreach (var part in parts) Decompose(part, into, table);
        else into.Add(point);
    }

    /// <summary>Sorts each run of combining marks by class; marks of one class keep their order, which carries meaning.</summary>
    static void Order(List<int> points, Table table)
    {
        for (var i = 1; i < points.Count; i++)
        {
            var mark = points[i];
            var rank = table.ClassOf(mark);
            if (rank == 0) continue;
            var at = i;
            for (; at > 0 && table.ClassOf(points[at - 1]) > rank; at--) points[at] = points[at - 1];
            points[at] = mark;
        }
    }

    static void Compose(List<int> points, Table table)
    {
        int starter = -1, write = 0, lastClass = 0;
        foreach (var point in points.ToArray())
        {
            var rank = table.ClassOf(point);
            // Blocked when a mark of the same or a higher class, or another starter, stands between.
            var adjacent = starter == write - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < rank)) && table.Compose(points[starter], point) is { } whole)
            {
                points[starter] = whole;
                continue;
            }
            if (rank == 0) starter = write;
            lastClass = rank;
            points[write++] = point;
        }
        points.RemoveRange(write, points.Count - write);
    }

    sealed record Table(Dictionary<int, int[]> Parts, Dictionary<(int, int), int> Pairs, Dictionary<int, byte> Classes)
    {
        public byte ClassOf(int point) => Classes.GetValueOrDefault(point);

        public int? Compose(int first, int second)
        {
            if (first is >= LeadFirst and < LeadFirst + Leads && second is >= VowelFirst and < VowelFirst + Vowels)
                return SyllableFirst + ((first - LeadFirst) * Vowels + second - VowelFirst) * Tails;
            if (first - SyllableFirst is >= 0 and < Syllables and var syllable && syllable % Tails == 0 && second is > TailFirst and < TailFirst + Tails)
                return first + second - TailFirst;
            return Pairs.TryGetValue((first, second), out var whole) ? whole : null;
        }

        /// <summary>nfc.txt: its first lines say how it is written.</summary>
        public static Table Read()
        {
            var table = new Table([], [], []);
            using var file = new StreamReader(typeof(Nfc).Assembly.GetManifestResourceStream("nfc.txt")!);
            while (file.ReadLine() is { } line)
            {
                if (line[0] == '#') continue;
                var words = line.TrimStart('!', '@').Split(' ', '-');
                if (line[0] == '@')
                {
                    var rank = byte.Parse(words[2], CultureInfo.InvariantCulture);
                    for (var point = Hex(words[0]); point <= Hex(words[1]); point++) table.Classes[point] = rank;
                    continue;
                }
                int[] parts = [.. words.Skip(1).Select(Hex)];
                table.Parts[Hex(words[0])] = parts;
                if (line[0] != '!') table.Pairs[(parts[0], parts[1])] = Hex(words[0]);
            }
            return table;
        }

        static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
