using System.Collections.Frozen;

namespace Souk.Platform.Money;

/// <summary>The active currencies of ISO 4217 and how many digits their minor unit has.</summary>
public static class Currencies
{
    const string NoMinorUnit = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    const string Thousandths = "BHD IQD JOD KWD LYD OMR TND";
    const string Hundredths =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE " +
        "CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR " +
        "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB " +
        "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY " +
        "TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

    static readonly FrozenDictionary<string, int> Digits =
        Hundredths.Split(' ').Select(code => (code, 2))
            .Concat(NoMinorUnit.Split(' ').Select(code => (code, 0)))
            .Concat(Thousandths.Split(' ').Select(code => (code, 3)))
            .ToFrozenDictionary(pair => pair.code, pair => pair.Item2);

    public static bool Exists(string code) => Digits.ContainsKey(code);

    /// <summary>Turns a price people write ("1431.5") into minor units, rounded half to even.</summary>
    public static Money FromDecimal(decimal amount, string currency)
    {
        var scale = 1m;
        for (var digits = Digits[currency]; digits > 0; digits--) scale *= 10;
        return new((long)Math.Round(amount * scale, MidpointRounding.ToEven), currency);
    }
}
