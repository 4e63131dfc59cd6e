using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <inheritdoc/>
internal sealed class Aes128Ctr<TAes> : Aes128Ctr
    where TAes : struct, IAesRounds
{
    private readonly SecretMemory _roundKeys = new(AesKeySchedule.Length);

    public Aes128Ctr(ReadOnlySpan<byte> key) => AesKeySchedule.Expand(key, _roundKeys.Span);

    public override void Crypt(Span<byte> data, Vector128<byte> counterBlock) =>
        CounterMode.Crypt<TAes>(_roundKeys.Span, data, counterBlock);

    public override void Dispose() => _roundKeys.Dispose();
}
