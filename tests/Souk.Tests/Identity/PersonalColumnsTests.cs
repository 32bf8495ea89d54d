using System.Text;
using Souk.Identity.SecondFactors;
using Souk.Tests.Identity.SecondFactors;

namespace Souk.Tests.Identity;

public sealed class PersonalColumnsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Local = "planted.person", Name = "Plantagenet Vonderplant";

    /// <summary>Every value of every table of the module, as text and as the bytes that a page of the disk would hold.</summary>
    [Fact]
    public async Task A_dump_of_the_tables_holds_no_email_no_name_no_password_and_no_token()
    {
        var email = $"{Local}@example.com";
        await shop.Register(new { email, password = People.Password, name = Name, locale = "de" });
        var anna = await shop.SignedIn(email);
        await anna.Http.PatchMe(1, $$"""{"name":"{{Name}} II"}""");
        var next = (await (await shop.Refresh(anna.RefreshToken, "a key of sixteen characters".Replace(' ', '-'))).Body()).Text("refreshToken");
        await shop.SignIn(email, mode: "cookie");

        var dump = new StringBuilder();
        foreach (var table in await Tables())
            await Dump(table, dump);

        var text = dump.ToString();
        Assert.Contains("$argon2id$", text, StringComparison.Ordinal);
        foreach (var planted in new[] { Local, "PLANTED", "Plantagenet", "Vonderplant", People.Password, anna.RefreshToken, next, anna.AccessToken, "a-key-of-sixteen" })
        {
            Assert.DoesNotContain(planted, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(planted)), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_dump_of_the_tables_holds_no_device_no_address_no_secret_of_an_authenticator_no_code_and_no_challenge()
    {
        shop.Http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "PlantedDevice/7.7");
        var person = await shop.NewPerson();
        var guarded = await shop.Guard(person);
        var (used, open) = (await shop.ChallengeOf(person), await shop.ChallengeOf(person));
        Assert.True((await shop.Answer(used, guarded.RecoveryCodes[0])).IsSuccessStatusCode);
        var address = (await (await person.Http.GetAsync("/v1/me/sessions")).Body()).GetProperty("items")[0].Text("address");

        var dump = new StringBuilder();
        foreach (var table in (await Tables()).Where(table => table.StartsWith("identity.", StringComparison.Ordinal)))
            await Dump(table, dump);

        var text = dump.ToString();
        byte[] Of(string planted) => Encoding.UTF8.GetBytes(planted);
        foreach (var planted in new[] { guarded.Secret, Of(Totp.Write(guarded.Secret)), Of(address), Of("PlantedDevice"), Of(used), Of(open) }
            .Concat(guarded.RecoveryCodes.Select(Of)).Concat(guarded.RecoveryCodes.Select(code => Of(code.Replace("-", "", StringComparison.Ordinal)))))
        {
            Assert.DoesNotContain(Convert.ToHexString(planted), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Encoding.Latin1.GetString(planted), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    async Task<List<string>> Tables()
    {
        await using var command = shop.Db.CreateCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('identity', 'platform')");
        await using var reader = await command.ExecuteReaderAsync();
        List<string> tables = [];
        while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        Assert.Contains("identity.accounts", tables);
        return tables;
    }

    async Task Dump(string table, StringBuilder into)
    {
        // The text form of bytea is hex; of anything else, itself.
        await using var command = shop.Db.CreateCommand($"SELECT t::text FROM {table} t");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) into.AppendLine(reader.GetString(0));
    }
}
