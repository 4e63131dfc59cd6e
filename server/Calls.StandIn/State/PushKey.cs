using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Calls.StandIn.State;

/// <summary>The server's asymmetric signing key, which proves to the mobile app that a push came from its server.</summary>
internal sealed class PushKey
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>SubjectPublicKeyInfo in base64, as the client configuration publishes it.</summary>
    public string PublicKey => Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());

    /// <summary>A JWT (ES256) over the two claims that the app checks.</summary>
    public string Sign(string ackId, string deviceId)
    {
        string header = Base64Url.EncodeToString("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"u8);
        string claims = Base64Url.EncodeToString(Wire.ToUtf8(new SortedDictionary<string, string> { ["ack_id"] = ackId, ["device_id"] = deviceId }));
        byte[] signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256);
        return $"{header}.{claims}.{Base64Url.EncodeToString(signature)}";
    }
}
