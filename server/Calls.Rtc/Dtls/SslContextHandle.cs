using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>An <c>SSL_CTX</c>. OpenSSL counts references: sessions made from it keep it alive after disposal.</summary>
internal sealed class SslContextHandle : SafeHandle
{
    public SslContextHandle(nint context)
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle(context);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_CTX_free(handle);
        return true;
    }
}
