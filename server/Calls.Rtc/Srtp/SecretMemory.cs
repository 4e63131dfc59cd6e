using System.Security.Cryptography;

namespace Calls.Rtc.Srtp;

/// <summary>Key material in a pinned array, so that the collector leaves no copies behind; zeroed by <see cref="Dispose"/>.</summary>
internal sealed class SecretMemory(int length) : IDisposable
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);

    public Span<byte> Span => _bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
