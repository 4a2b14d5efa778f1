using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests;

public class SignatureTests
{
    static Certificate Sample() => new()
    {
        Id = Guid.CreateVersion7(),
        Number = "VALU-2026-000001",
        Version = 2,
        SupersedesId = Guid.NewGuid(),
        Reason = "Gallium \"re-read\" \\ é 铝",
        ProducerId = Guid.NewGuid(),
        PlantId = Guid.NewGuid(),
        Metal = "AL",
        ContractCode = "AH",
        Content = World.Good() with
        {
            Bundles = 2,
            BatchNo = "B-1",
            BundleList = [new("1", 500, 12_400.5m, "S1", 700, 600, 500), new("2", 600, 12_599.500m)],
            SourceDoc = new(new string('a', 64), "application/pdf", 2),
            Results = [new("Si", 0.0400m, Method: "OES", Uncertainty: 0.002m, LabId: "L1"), new("Ga", 100m, ContentUnit.Ppm, Qualifier: Qualifier.Below)],
        },
    };

    [Fact]
    public void The_canonical_form_is_that_of_RFC_8785_and_reads_back_to_the_same_bytes()
    {
        var bytes = CertificateJson.Bytes(Sample());
        Assert.Equal(Encoding.UTF8.GetString(CanonicalJson.Write(bytes)), Encoding.UTF8.GetString(bytes));
        Assert.Equal(bytes, CertificateJson.Bytes(CertificateJson.Read(bytes)));
    }

    [Fact]
    public void A_signature_holds_for_its_content_and_for_nothing_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bytes = CertificateJson.Bytes(Sample());
        var jws = Jws.Sign(key, "k1", bytes);
        Assert.Equal("k1", Jws.KeyId(jws));
        using (var open = PublicJwk.Of(key).Key()) Assert.True(Jws.Verify(open!, jws, bytes));
        Assert.False(Jws.Verify(other, jws, bytes));
        for (var i = 0; i < bytes.Length; i += 17)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.False(Jws.Verify(key, jws, changed));
        }
        var parts = jws.Split('.');
        Assert.False(Jws.Verify(key, Base64Url.EncodeToString("""{"alg":"ES256","kid":"k2"}"""u8) + ".." + parts[2], bytes));
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"k"}""")]
    [InlineData("""{"alg":"HS256","kid":"k"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","crit":["x"]}""")]
    [InlineData("""{"alg":"ES256","kid":"k","b64":false}""")]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""[]""")]
    [InlineData("""x""")]
    public void A_header_that_is_not_plainly_ES256_names_no_key(string header) => Assert.Null(Jws.KeyId(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "..AAAA"));

    [Fact]
    public void A_key_in_the_vault_opens_only_with_its_master_and_unchanged()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-vault-").FullName;
        try
        {
            var jwk = new KeyVault(folder).Create();
            using (var opened = new KeyVault(folder).Open(jwk.Thumbprint())) Assert.Equal(jwk, PublicJwk.Of(opened!));
            Assert.Null(new KeyVault(folder).Open("unknown"));
            var file = Directory.GetFiles(folder, "*.key").Single();
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var bytes = File.ReadAllBytes(file);
            bytes[20] ^= 1;
            File.WriteAllBytes(file, bytes);
            Assert.ThrowsAny<CryptographicException>(() => new KeyVault(folder).Open(jwk.Thumbprint()));
            bytes[20] ^= 1;
            File.WriteAllBytes(file, bytes);
            File.WriteAllBytes(Path.Combine(folder, "master"), new byte[32]);
            Assert.ThrowsAny<CryptographicException>(() => new KeyVault(folder).Open(jwk.Thumbprint()));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public async Task A_tampered_row_a_revoked_key_and_a_rotated_key_are_told_apart()
    {
        await using var world = await World.Make();
        var handlers = world.Get<CertificateHandlers>();
        var row = await world.Published("A");
        async Task<string> State() => (await world.Do(world.Editor, s => handlers.Signature(s, row.Certificate.Id, default))).State;
        Assert.Equal("valid", await State());
        // A key rotated out still proves what it signed.
        world.Clock.Advance(NodaTime.Duration.FromHours(1));
        await world.Do(world.Approver, s => world.Get<PlantKeys>().Rotate(s, world.Plant, null, default));
        Assert.Equal("valid", await State());
        await Tamper("25000", "24000");
        Assert.Equal("invalid", await State());
        await Tamper("24000", "25000");
        Assert.Equal("valid", await State());
        await world.Do(world.Approver, s => world.Get<PlantKeys>().Revoke(s, row.Kid!, "lost", default));
        Assert.Equal("key-revoked", await State());

        // Nobody of the application can: the owner of the database lifts the guard.
        Task Tamper(string from, string to) => world.AsOwner($"""
            alter table passport.certificate_content disable trigger certificate_content_append_only;
            update passport.certificate_content set document = replace(document::text, '"netKg":"{from}"', '"netKg":"{to}"')::json where certificate_id = '{row.Certificate.Id}';
            alter table passport.certificate_content enable trigger certificate_content_append_only;
            """);
    }

    [Fact]
    public async Task A_producer_with_his_own_key_hands_the_signature_in_and_a_wrong_one_is_refused()
    {
        await using var world = await World.Make();
        var handlers = world.Get<CertificateHandlers>();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        world.Clock.Advance(NodaTime.Duration.FromMinutes(1));
        var key = await world.Do(world.Approver, s => world.Get<PlantKeys>().Rotate(s, world.Plant, PublicJwk.Of(own), default));
        var row = await world.Do(world.Editor, s => handlers.Create(s, World.Good(), default));
        Assert.Equal("certificate.key-held-by-producer", (await world.Try(world.Approver, s => handlers.Sign(s, row.Certificate.Id, default))).Refusals[0].Code);
        var bytes = CertificateJson.Bytes(row.Certificate);
        Assert.Equal("certificate.signature-wrong", (await world.Try(world.Approver, s => handlers.AttachSignature(s, row.Certificate.Id, Jws.Sign(own, key.Kid, bytes.AsSpan(1)), default))).Refusals[0].Code);
        var signed = await world.Do(world.Approver, s => handlers.AttachSignature(s, row.Certificate.Id, Jws.Sign(own, key.Kid, bytes), default));
        Assert.Equal(CertificateState.Signed, signed.State);
    }

    [Fact]
    public async Task Who_wrote_a_certificate_cannot_sign_it()
    {
        await using var world = await World.Make();
        var both = World.Person("both", world.Smelter, Role.ProducerEditor, Role.ProducerApprover);
        var row = await world.Do(both, s => world.Get<CertificateHandlers>().Create(s, World.Good(), default));
        Assert.Equal("certificate.signer-wrote-it", (await world.Try(both, s => world.Get<CertificateHandlers>().Sign(s, row.Certificate.Id, default))).Refusals[0].Code);
    }

    [Fact]
    public void A_public_key_is_read_as_a_jwk_and_as_pem_and_nothing_private_or_of_another_curve_is_taken()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        var jwk = PublicJwk.Of(key);
        var text = $$"""{"kty":"EC","crv":"P-256","x":"{{jwk.X}}","y":"{{jwk.Y}}","kid":"mine","use":"sig"}""";
        Assert.Equal(jwk, PublicJwk.Read(text).Value);
        Assert.Equal(jwk, PublicJwk.Read("\n" + key.ExportSubjectPublicKeyInfoPem() + "\n").Value);
        foreach (var secret in new[] { key.ExportPkcs8PrivateKeyPem(), key.ExportECPrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem(), text.Replace("\"kid\"", "\"d\":\"AA\",\"kid\"", StringComparison.Ordinal) })
            Assert.Equal("key.private", Assert.Single(PublicJwk.Read(secret).Refusals).Code);
        foreach (var wrong in new[] { wide.ExportSubjectPublicKeyInfoPem(), rsa.ExportSubjectPublicKeyInfoPem(), "", "x", "{", "[]", "{}", "null", text.Replace("P-256", "P-384", StringComparison.Ordinal), text.Replace(jwk.X, jwk.Y, StringComparison.Ordinal), text.Replace("\"EC\"", "7", StringComparison.Ordinal), "{\"kty\":null}" })
            Assert.Equal("key.not-p256", Assert.Single(PublicJwk.Read(wrong).Refusals).Code);
    }
}
