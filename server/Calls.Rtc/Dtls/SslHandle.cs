using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>An <c>SSL</c> and the <see cref="DatagramBio"/> below it, freed together, by the finalizer if nobody disposes it.</summary>
internal sealed unsafe class SslHandle : SafeHandle
{
    private SslHandle(nint ssl, DatagramBio* bio)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        Bio = bio;
        SetHandle(ssl);
    }

    public override bool IsInvalid => handle == 0;

    public DatagramBio* Bio { get; }

    /// <exception cref="InvalidOperationException">OpenSSL is out of memory.</exception>
    public static SslHandle Create(SslContextHandle context, DtlsRole role)
    {
        OpenSsl.ERR_clear_error();
        nint ssl = OpenSsl.SSL_new(context);

        if (ssl == 0)
        {
            throw new InvalidOperationException($"SSL_new failed: {OpenSsl.TakeErrors().Text}");
        }

        var created = new SslHandle(ssl, DatagramBio.Allocate());
        DatagramBio.Attach(created, created.Bio);
        OpenSsl.SSL_ctrl(created, OpenSsl.ControlSetMtu, DtlsSession.Mtu, null);

        if (role == DtlsRole.Server)
        {
            OpenSsl.SSL_set_accept_state(created);
        }
        else
        {
            OpenSsl.SSL_set_connect_state(created);
        }

        return created;
    }

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_free(handle);
        DatagramBio.Free(Bio);
        return true;
    }
}
