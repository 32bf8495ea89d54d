using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Passwords;

public sealed class ForeignHashTests
{
    /// <summary>bcrypt of crypt_blowfish (the first of its own test vectors), PBKDF2 of passlib and Django (theirs too) and of Python's hashlib.</summary>
    [Theory]
    [InlineData("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("correct horse battery", "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS")]
    [InlineData("password", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ")]
    [InlineData("password", "$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww")]
    [InlineData("Password", "$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ")]
    [InlineData("lètmein", "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=")]
    [InlineData("my password", "AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==")]
    [InlineData("my password", "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==")]
    [InlineData("my password", "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/Q8A0WMKbtHQJQ2DHCdoEeeFBrgNlldq6vH4qX/CGqGQ==")]
    public void Known_vectors_match_their_password_and_no_other(string password, string hash)
    {
        var read = Assert.IsAssignableFrom<ForeignHash>(ForeignHash.Read(hash));
        Assert.True(read.Matches(password));
        Assert.False(read.Matches(password[1..]));
        Assert.False(read.Matches(""));
        Assert.True(PasswordHashTests.With(new()).IsOutdated(hash));
    }

    /// <summary>As everywhere: what stands behind was never hashed.</summary>
    [Theory]
    [InlineData(100, true)]
    [InlineData(72, true)]
    [InlineData(71, false)]
    public void Bcrypt_takes_72_bytes_of_a_longer_password(int length, bool matches) =>
        Assert.Equal(matches, ForeignHash.Read("$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")!.Matches(new string('x', length)));

    [Fact]
    public void A_password_that_is_typed_in_another_composition_matches_what_was_hashed_composed() =>
        Assert.True(ForeignHash.Read("pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=")!.Matches("le\u0300tmein"));

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("password", "no hash")]
    [InlineData("5f4dcc3b5aa765d61d8327deb882cf99", "MD5")]
    [InlineData("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "md5crypt")]
    [InlineData("$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt that costs too little")]
    [InlineData("$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt that costs too much")]
    [InlineData("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt with the sign bug")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", "bcrypt cut off")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n", "bcrypt and more")]
    [InlineData("$pbkdf2-sha256$2000001$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ", "too many iterations")]
    [InlineData("$pbkdf2-sha256$0$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ", "no iterations")]
    [InlineData("$pbkdf2-md5$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ", "another function")]
    [InlineData("$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$AAAA", "a hash of three bytes")]
    [InlineData("pbkdf2_sha256$10000$$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=", "no salt")]
    [InlineData("AQAAAAEAACcQ", "cut off in the header")]
    [InlineData("AQAAAAEAACcQ/////wABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==", "a salt longer than all")]
    [InlineData("AQAAAAMAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==", "a function that there is not")]
    [InlineData("AQAAAA not base64", "no base64")]
    public void What_is_not_among_the_forms_or_costs_too_much_is_none(string hash, string what) => Assert.True(ForeignHash.Read(hash) is null, what);
}
