using System.Runtime.InteropServices;
using System.Text;

namespace Calls.Rtc.Dtls;

/// <summary>The functions of OpenSSL that are used, under their own names (man pages, section 3ssl and 3); constants are named after SSL_ERROR_, SSL_CTRL_, SSL_OP_, ....</summary>
/// <remarks>
/// Call <see cref="OpenSslLibrary.EnsureLoaded"/> first. None of these may suppress the GC transition: a handshake step takes up to a
/// millisecond and calls back.
/// </remarks>
internal static unsafe partial class OpenSsl
{
    public const int ErrorWantRead = 2;
    public const int ErrorZeroReturn = 6;

    public const int ControlSetMtu = 17;
    public const int ControlMode = 33;
    public const int ControlSetSessionCacheMode = 44;
    public const int ControlSetMaxCertificateList = 51;
    public const int ControlSetGroupsList = 92;
    public const int ControlGetExtendedMasterSecret = 122;
    public const int ControlSetMinVersion = 123;
    public const int ControlSetMaxVersion = 124;

    public const int Dtls12 = 0xFEFD;
    public const int ModeReleaseBuffers = 0x10;
    public const int SessionCacheOff = 0;
    public const int VerifyPeer = 1;
    public const int VerifyFailIfNoPeerCertificate = 2;

    public const ulong OptionNoQueryMtu = 0x1000;
    public const ulong OptionNoTicket = 0x4000;
    public const ulong OptionCipherServerPreference = 0x40_0000;
    public const ulong OptionNoRenegotiation = 0x4000_0000;

    public const int BioTypeSourceSink = 0x400;
    public const int BioFlagRead = 0x01;
    public const int BioFlagShouldRetry = 0x08;
    public const int BioFlagsAll = 0x0F;
    public const int BioControlFlush = 11;
    public const int BioControlQueryMtu = 40;
    public const int BioControlGetMtuOverhead = 49;

    // Reasons of received alerts are this plus the alert's number (SSL_AD_REASON_OFFSET).
    private const int AlertReason = 1000;

    /// <summary>Takes the errors of this thread off OpenSSL's queue: text for a log, and whether one is an alert of the peer.</summary>
    public static (string Text, bool IsAlert) TakeErrors()
    {
        var text = new StringBuilder();
        bool isAlert = false;
        byte* line = stackalloc byte[256];

        for (ulong code = ERR_get_error(); code != 0; code = ERR_get_error())
        {
            ERR_error_string_n(code, line, 256);
            text.Append(text.Length == 0 ? "" : "; ").Append(Marshal.PtrToStringUTF8((nint)line));
            isAlert |= (code & 0xFFF) is >= AlertReason and < AlertReason + 256;
        }

        return (text.ToString(), isAlert);
    }

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint DTLS_method();

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_CTX_new(nint method);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_CTX_free(nint context);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_CTX_ctrl(SslContextHandle context, int command, nint number, void* pointer);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial ulong SSL_CTX_set_options(SslContextHandle context, ulong options);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_CTX_set_verify(SslContextHandle context, int mode, delegate* unmanaged<int, nint, int> callback);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_CTX_set_cipher_list(SslContextHandle context, byte* list);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_CTX_use_certificate(SslContextHandle context, nint certificate);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_CTX_use_PrivateKey(SslContextHandle context, nint key);

    /// <returns>0 on success, unlike everything else.</returns>
    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_CTX_set_tlsext_use_srtp(SslContextHandle context, byte* profiles);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_new(SslContextHandle context);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_free(nint ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_set_bio(SslHandle ssl, nint read, nint write);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_get_rbio(nint ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_set_accept_state(SslHandle ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void SSL_set_connect_state(SslHandle ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_ctrl(SslHandle ssl, int command, nint number, void* pointer);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial void DTLS_set_timer_cb(SslHandle ssl, delegate* unmanaged<nint, uint, uint> callback);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_do_handshake(SslHandle ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_read(SslHandle ssl, byte* buffer, int length);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_write(SslHandle ssl, byte* data, int length);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_shutdown(SslHandle ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_get_error(SslHandle ssl, int result);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_get1_peer_certificate(SslHandle ssl);

    /// <summary>The name of the same function in 1.1.1.</summary>
    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nint SSL_get_peer_certificate(SslHandle ssl);

    /// <returns>A pointer to a name and an <c>unsigned long</c> IANA number, or null.</returns>
    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial nuint* SSL_get_selected_srtp_profile(SslHandle ssl);

    [LibraryImport(OpenSslLibrary.Ssl)]
    public static partial int SSL_export_keying_material(
        SslHandle ssl, byte* output, nuint length, byte* label, nuint labelLength, byte* context, nuint contextLength, int useContext);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial nint BIO_meth_new(int type, byte* name);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial int BIO_meth_set_write(nint method, delegate* unmanaged<nint, byte*, int, int> callback);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial int BIO_meth_set_read(nint method, delegate* unmanaged<nint, byte*, int, int> callback);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged<nint, int, nint, void*, nint> callback);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial nint BIO_new(nint method);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void BIO_set_data(nint bio, void* data);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void* BIO_get_data(nint bio);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void BIO_set_init(nint bio, int isInitialized);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void BIO_clear_flags(nint bio, int flags);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial nint d2i_X509(nint reuse, byte** der, nint length);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial int i2d_X509(nint certificate, byte** der);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void X509_free(nint certificate);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial nint d2i_AutoPrivateKey(nint reuse, byte** der, nint length);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial ulong ERR_get_error();

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void ERR_error_string_n(ulong code, byte* buffer, nuint length);

    [LibraryImport(OpenSslLibrary.Crypto)]
    public static partial void ERR_clear_error();
}
