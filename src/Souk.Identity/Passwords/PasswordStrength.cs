using System.Collections.Frozen;
using System.Globalization;

namespace Souk.Identity.Passwords;

/// <summary>What makes a password easy to guess; the largest part of it decides.</summary>
internal enum Weakness { Short, Common, Own, Sequence, Repetition, Date }

/// <summary>
/// About how many guesses a password withstands when the likely ones are tried first: zxcvbn (Wheeler, USENIX Security 2016), with a list of words of our own. A
/// password is split into common words (also reversed, in capitals, with 3 for e), the person's own words, rows of keys, repetitions, dates and the rest, in the way that
/// takes the fewest guesses.
/// </summary>
/// <remarks>
/// Written here because the .NET port that can be had (zxcvbn-core 1.1) is of 2017, knows the model before the paper, and says neither why nor what to do. This takes
/// about a millisecond, and some for the worst that may be sent: the work is bounded by <see cref="LengthMax"/>.
/// </remarks>
internal static class PasswordStrength
{
    /// <summary>What comes behind it is not looked at: so long a password is strong, or its beginning shows that it is not.</summary>
    public const int LengthMax = 64;

    /// <summary>Shorter words say nothing.</summary>
    const int WordLengthMin = 3;

    /// <summary>Of the paper: what a part costs at least when it is not the whole, and how many guesses are spent before longer sequences are tried.</summary>
    const double PartMin = 50, CharacterMin = 11, LongerSequence = 10_000;

    /// <summary>A row of keys may begin at about so many.</summary>
    const double RowStarts = 20;

    const int YearFirst = 1900, YearLast = 2050, YearNow = 2026, YearsMin = 20, DaysOfYear = 365;

    /// <summary>Most common first.</summary>
    static readonly Lazy<FrozenDictionary<string, int>> Common = new(ReadCommon);

    /// <summary>Neighbours in the alphabet and on keyboards; the last goes down the columns of keys.</summary>
    static readonly string[] Rows =
    [
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiopü", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "!@#$%^&*()",
        "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "абвгдежзийклмнопрстуфхцчшщ", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p",
    ];

    public readonly record struct Estimate(double Guesses, Weakness Weakness);

    readonly record struct Part(int From, int To, double Guesses, Weakness Weakness)
    {
        public int Length => To - From + 1;
    }

    /// <param name="password">In form C.</param>
    /// <param name="own">What the person is called; its words are tried before all others.</param>
    public static Estimate Of(string password, ReadOnlySpan<string?> own)
    {
        var (text, words) = (password.Length <= LengthMax ? password : password[..LengthMax], OwnWords(own));
        return IsLittleElse(text, words) ? new(1, Weakness.Own) : Estimated(text, [.. Parts(text, words), .. Repetitions(text)]);
    }

    static List<Part> Parts(string text, HashSet<string> own)
    {
        List<Part> parts = [];
        var lower = text.ToLowerInvariant();
        Words(text, lower, own, 1, isReversed: false, parts);
        foreach (var plain in new[] { Plain(lower, 'i'), Plain(lower, 'l') })
            if (plain != lower) Words(text, plain, own, 4, isReversed: false, parts);
        Words(text, string.Concat(lower.Reverse()), own, 2, isReversed: true, parts);
        for (var from = 0; from < text.Length; from++)
        {
            AddRow(lower, from, parts);
            AddRun(text, from, parts);
            AddDates(text, from, parts);
        }
        return parts;
    }

    /// <summary>Common and own words in one reading of the text.</summary>
    static void Words(string text, string reading, HashSet<string> own, double variations, bool isReversed, List<Part> parts)
    {
        var (common, mine) = (Common.Value.GetAlternateLookup<ReadOnlySpan<char>>(), own.GetAlternateLookup<ReadOnlySpan<char>>());
        for (var from = 0; from < reading.Length; from++)
            for (var length = WordLengthMin; from + length <= reading.Length; length++)
            {
                var word = reading.AsSpan(from, length);
                var isOwn = mine.Contains(word);
                if (!common.TryGetValue(word, out var rank) && !isOwn) continue;
                var start = isReversed ? reading.Length - from - length : from;
                parts.Add(new(start, start + length - 1, (isOwn ? 1 : rank) * variations * Capitals(text.AsSpan(start, length)), isOwn ? Weakness.Own : Weakness.Common));
            }
    }

    /// <summary>How many ways of writing a word in capitals are tried before this one: none, the first, the last or all letters cost little.</summary>
    static double Capitals(ReadOnlySpan<char> word)
    {
        var (upper, lower) = (0, 0);
        foreach (var letter in word)
            if (char.IsUpper(letter)) upper++;
            else if (char.IsLower(letter)) lower++;
        if (upper == 0) return 1;
        if (lower == 0 || (upper == 1 && (char.IsUpper(word[0]) || char.IsUpper(word[^1])))) return 2;
        var (ways, choices) = (0.0, 1.0);
        for (var i = 1; i <= Math.Min(upper, lower); i++) ways += choices = choices * (upper + lower - i + 1) / i;
        return ways;
    }

    /// <summary>The letters that digits and signs stand for; 1 and ! are read in two ways.</summary>
    static string Plain(string lower, char one) => string.Create(lower.Length, (lower, one), static (into, from) =>
    {
        for (var i = 0; i < into.Length; i++)
            into[i] = from.lower[i] switch
            {
                '0' => 'o', '1' or '!' or '|' => from.one, '3' or '€' => 'e', '4' or '@' => 'a', '5' or '$' => 's', '7' or '+' => 't', '8' => 'b', '9' => 'g', var other => other,
            };
    });

    /// <summary>The longest run of neighbours that begins here, in either direction.</summary>
    static void AddRow(string lower, int from, List<Part> parts)
    {
        var best = 0;
        foreach (var row in Rows)
            for (var at = row.IndexOf(lower[from]); at >= 0; at = row.IndexOf(lower[from], at + 1))
                foreach (var step in (ReadOnlySpan<int>)[1, -1])
                {
                    var length = 1;
                    while (from + length < lower.Length && at + step * length is var next && next >= 0 && next < row.Length && row[next] == lower[from + length]) length++;
                    best = Math.Max(best, length);
                }
        if (best >= WordLengthMin) parts.Add(new(from, from + best - 1, RowStarts * best, Weakness.Sequence));
    }

    static void AddRun(string text, int from, List<Part> parts)
    {
        var end = from + 1;
        while (end < text.Length && text[end] == text[from]) end++;
        if (end - from >= WordLengthMin) parts.Add(new(from, end - 1, CharacterMin * (end - from), Weakness.Repetition));
    }

    /// <summary>Years, and dates with two digits for day and month, with and without signs between.</summary>
    static void AddDates(string text, int from, List<Part> parts)
    {
        foreach (var length in (ReadOnlySpan<int>)[4, 6, 8, 10])
        {
            if (from + length > text.Length) break;
            var part = text.AsSpan(from, length);
            var guesses = length switch
            {
                4 => Number(part) is >= YearFirst and <= YearLast and var year ? Years(year) : 0,
                6 => DateGuesses(part[..2], part[2..4], part[4..]),
                8 when char.IsAsciiDigit(part[2]) => DateGuesses(part[..2], part[2..4], part[4..]) is > 0 and var guessed ? guessed : DateGuesses(part[6..], part[4..6], part[..4]),
                8 => part[2] == part[5] ? 4 * DateGuesses(part[..2], part[3..5], part[6..]) : 0,
                _ => part[2] == part[5] ? 4 * DateGuesses(part[..2], part[3..5], part[6..]) : part[4] == part[7] ? 4 * DateGuesses(part[8..], part[5..7], part[..4]) : 0,
            };
            if (guesses > 0) parts.Add(new(from, from + length - 1, guesses, Weakness.Date));
        }
    }

    static double DateGuesses(ReadOnlySpan<char> one, ReadOnlySpan<char> two, ReadOnlySpan<char> year) =>
        (Number(one), Number(two)) is (>= 1 and <= 12, >= 1 and <= 31) or (>= 1 and <= 31, >= 1 and <= 12)
            ? Number(year) switch
            {
                < 0 => 0,
                < 100 when year.Length == 2 => DaysOfYear * YearsMin,
                >= YearFirst and <= YearLast and var full => DaysOfYear * Years(full),
                _ => 0,
            } : 0;

    static double Years(int year) => Math.Max(Math.Abs(YearNow - year), YearsMin);

    static int Number(ReadOnlySpan<char> digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    /// <summary>What is said again and again from some place on: it costs what is repeated, once for each time.</summary>
    static IEnumerable<Part> Repetitions(string text)
    {
        for (var from = 0; from < text.Length; from++)
        {
            var (period, times) = (0, 0);
            for (var tried = 2; from + 2 * tried <= text.Length; tried++)
            {
                var end = from + tried;
                while (end < text.Length && text[end] == text[end - tried]) end++;
                if ((end - from) / tried is var found && found >= 2 && found * tried > period * times) (period, times) = (tried, found);
            }
            // Where it could have begun a place earlier it is the same one.
            if (times == 0 || (from > 0 && text[from - 1] == text[from + period - 1])) continue;
            var unit = text.Substring(from, period);
            yield return new(from, from + times * period - 1, times * Estimated(unit, Parts(unit, [])).Guesses, Weakness.Repetition);
        }
    }

    /// <summary>The sequence of parts that covers the text with the fewest guesses. Of the paper, section 4.3: n! × product + D^(n-1), n being the number of parts.</summary>
    static Estimate Estimated(string text, List<Part> parts)
    {
        var endingAt = parts.ToLookup(part => part.To);
        // By the last character; no two with the same number of parts.
        var best = new List<Found>[text.Length];
        for (var to = 0; to < text.Length; to++)
        {
            best[to] = [];
            foreach (var part in endingAt[to]) Extend(part, isRest: false);
            for (var from = 0; from <= to; from++) Extend(new(from, to, 0, Weakness.Short), isRest: true);

            void Extend(Part part, bool isRest)
            {
                var guesses = isRest ? Math.Pow(10, part.Length) : part.Guesses;
                if (part.Length < text.Length || isRest) guesses = Math.Max(guesses, part.Length == 1 ? CharacterMin : PartMin);
                if (part.From == 0) Offer(1, guesses, isRest ? default : part, isRest);
                else
                    foreach (var before in best[part.From - 1])
                        if (!isRest || !before.EndsInRest)
                            Offer(before.Count + 1, before.Product * guesses, isRest || part.Length < before.Largest.Length ? before.Largest : part, isRest);
            }

            void Offer(int count, double product, Part largest, bool endsInRest)
            {
                var guesses = Factorial(count) * product + Math.Pow(LongerSequence, count - 1);
                foreach (var rival in best[to])
                    if (rival.Count <= count && rival.Guesses <= guesses) return;
                best[to].RemoveAll(rival => rival.Count == count);
                best[to].Add(new(count, product, guesses, largest, endsInRest));
            }
        }
        if (text.Length == 0) return new(1, Weakness.Short);
        var least = best[^1].MinBy(found => found.Guesses);
        return new(least.Guesses, least.Largest.Guesses > 0 ? least.Largest.Weakness : Weakness.Short);
    }

    /// <param name="Largest">Of the parts the one that tells most; none (no guesses) while all are mere characters.</param>
    readonly record struct Found(int Count, double Product, double Guesses, Part Largest, bool EndsInRest);

    static double Factorial(int number) => number <= 1 ? 1 : number * Factorial(number - 1);

    /// <summary>Own words with signs between them, and at most three letters or digits more.</summary>
    static bool IsLittleElse(string text, HashSet<string> own)
    {
        var bare = string.Concat(text.ToLowerInvariant().Where(char.IsLetterOrDigit));
        var rest = own.OrderByDescending(word => word.Length).Aggregate(bare, (left, word) => left.Replace(word, "", StringComparison.Ordinal));
        return rest.Length < bare.Length && rest.Length <= 3;
    }

    /// <summary>The texts themselves and the words in them; of an e-mail also what stands before and behind the @.</summary>
    static HashSet<string> OwnWords(ReadOnlySpan<string?> own)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in own)
        {
            if (text is null || text.Length > 2 * 256) continue;
            var lower = text.Trim().ToLowerInvariant();
            string[] pieces = lower.Split([' ', '.', ',', '-', '_', '+', '@'], StringSplitOptions.RemoveEmptyEntries);
            foreach (var word in (string[])[lower, .. lower.Split('@'), .. pieces, string.Concat(pieces), string.Concat(Enumerable.Reverse(pieces))])
                if (word.Length >= WordLengthMin) words.Add(word);
        }
        return words;
    }

    /// <summary>common.txt: its first lines say how it is written.</summary>
    static FrozenDictionary<string, int> ReadCommon()
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        using var file = new StreamReader(typeof(PasswordStrength).Assembly.GetManifestResourceStream("common.txt")!);
        while (file.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) ranks.TryAdd(word, ranks.Count + 1);
        return ranks.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
