using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>An <c>SSL</c> and the <see cref="DatagramBio"/> below it, freed together, by the finalizer if nobody disposes it.</summary>
internal sealed unsafe class SslHandle : SafeHandle
{
    public SslHandle(nint ssl, DatagramBio* bio)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        Bio = bio;
        SetHandle(ssl);
    }

    public override bool IsInvalid => handle == 0;

    public DatagramBio* Bio { get; }

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_free(handle);
        DatagramBio.Free(Bio);
        return true;
    }
}
