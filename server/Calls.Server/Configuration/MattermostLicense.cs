namespace Calls.Server.Configuration;

/// <summary>Mattermost's licence as clients see it.</summary>
/// <param name="Sku">Short name; empty without a licence.</param>
/// <param name="HasLdap">Stands for a professional licence where the name is an older one.</param>
public sealed record MattermostLicense(string Sku, bool IsCloud, bool HasLdap)
{
    public static MattermostLicense None { get; } = new("", false, false);

    /// <summary>What clients are told; <c>starter</c> without a licence.</summary>
    public string ShownSku => Sku.Length == 0 ? "starter" : Sku;
}
