using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>What stands where OpenSSL expects a socket: one datagram to read, and a list of datagrams written.</summary>
/// <remarks>
/// <para>It lives in native memory and its callbacks run no code of ours, so no exception and no call back into the session can happen
/// inside OpenSSL, and no handle is needed to find the session. The memory BIO of OpenSSL would do neither: it loses where one datagram
/// ends.</para>
/// <para>OpenSSL reads the wall clock for its retransmission timer, which a protocol that is given its time cannot use. The timer callback
/// therefore lets a new timer expire at once, several times: right after a flight OpenSSL writes all its retransmissions, each with record
/// numbers of its own as RFC 6347 4.2.4 wants them (a peer drops repeated records as replays). They are kept, marked with their number, and
/// <see cref="DtlsSession"/> sends them when its own deadlines pass. After the last one the timer is set beyond the end of any handshake.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DatagramBio
{
    /// <summary>Retransmissions of a flight. OpenSSL gives up at the 13th.</summary>
    public const int Copies = 11;

    /// <summary>Bytes of output kept at once: a flight with its copies is a tenth of this. More is lost like on a network.</summary>
    public const int MaxOutput = 128 * 1024;

    private const uint Immediately = 1;
    private const uint Never = uint.MaxValue;
    private const int InitialCapacity = 2048;

    // Overhead of UDP over IPv4. It never matters, as the MTU is set.
    private const nint MtuOverhead = 28;

    /// <summary>The datagram to read, <c>null</c> once it was.</summary>
    public byte* Input;

    public int InputLength;

    /// <summary>Entries: length (2 bytes), flight (1), copy (1), datagram.</summary>
    public byte* Output;

    public int OutputLength;
    public int OutputCapacity;

    /// <summary>Counts the flights that have a timer.</summary>
    public byte Flight;

    /// <summary>What is being written: 0 is new, from 1 on the retransmissions of <see cref="Flight"/>.</summary>
    public byte Copy;

    // The method table: one for the process, never freed.
    private static readonly nint Method = CreateMethod();

    public static DatagramBio* Allocate() => (DatagramBio*)NativeMemory.AllocZeroed((nuint)sizeof(DatagramBio));

    public static void Free(DatagramBio* bio)
    {
        NativeMemory.Free(bio->Output);
        NativeMemory.Free(bio);
    }

    /// <summary>Puts <paramref name="bio"/> below an <c>SSL</c> for both directions.</summary>
    public static void Attach(SslHandle ssl, DatagramBio* bio)
    {
        nint handle = OpenSsl.BIO_new(Method);
        OpenSsl.BIO_set_data(handle, bio);
        OpenSsl.BIO_set_init(handle, 1);
        OpenSsl.SSL_set_bio(ssl, handle, handle);
        OpenSsl.DTLS_set_timer_cb(ssl, &OnTimer);
    }

    private static nint CreateMethod()
    {
        fixed (byte* name = "calls datagram\0"u8)
        {
            nint method = OpenSsl.BIO_meth_new(OpenSsl.BioTypeSourceSink | 100, name);
            _ = OpenSsl.BIO_meth_set_read(method, &OnRead);
            _ = OpenSsl.BIO_meth_set_write(method, &OnWrite);
            _ = OpenSsl.BIO_meth_set_ctrl(method, &OnControl);
            return method;
        }
    }

    [UnmanagedCallersOnly]
    private static int OnRead(nint handle, byte* buffer, int length)
    {
        var bio = (DatagramBio*)OpenSsl.BIO_get_data(handle);
        OpenSsl.BIO_clear_flags(handle, OpenSsl.BioFlagsAll);

        if (bio->Input == null)
        {
            OpenSsl.BIO_set_flags(handle, OpenSsl.BioFlagRead | OpenSsl.BioFlagShouldRetry);
            return -1;
        }

        int count = Math.Min(length, bio->InputLength);
        NativeMemory.Copy(bio->Input, buffer, (nuint)count);
        bio->Input = null;
        return count;
    }

    [UnmanagedCallersOnly]
    private static int OnWrite(nint handle, byte* data, int length)
    {
        var bio = (DatagramBio*)OpenSsl.BIO_get_data(handle);
        OpenSsl.BIO_clear_flags(handle, OpenSsl.BioFlagsAll);

        if (length is <= 0 or > ushort.MaxValue || !TryReserve(bio, 4 + length))
        {
            return length;
        }

        byte* entry = bio->Output + bio->OutputLength;
        *(ushort*)entry = (ushort)length;
        entry[2] = bio->Flight;
        entry[3] = bio->Copy;
        NativeMemory.Copy(data, entry + 4, (nuint)length);
        bio->OutputLength += 4 + length;
        return length;
    }

    [UnmanagedCallersOnly]
    private static nint OnControl(nint handle, int command, nint number, void* pointer) =>
        command switch
        {
            OpenSsl.BioControlFlush => 1,
            OpenSsl.BioControlQueryMtu => DtlsSession.Mtu,
            OpenSsl.BioControlGetMtuOverhead => MtuOverhead,
            _ => 0,
        };

    // Called with 0 when a flight starts its timer, otherwise before each retransmission; the result is the time to the next, in microseconds.
    [UnmanagedCallersOnly]
    private static uint OnTimer(nint ssl, uint previous)
    {
        var bio = (DatagramBio*)OpenSsl.BIO_get_data(OpenSsl.SSL_get_rbio(ssl));

        if (previous == 0)
        {
            bio->Flight++;
            bio->Copy = 0;
            return Immediately;
        }

        bio->Copy++;
        return bio->Copy < Copies ? Immediately : Never;
    }

    private static bool TryReserve(DatagramBio* bio, int length)
    {
        int needed = bio->OutputLength + length;

        if (needed <= bio->OutputCapacity)
        {
            return true;
        }

        if (needed > MaxOutput)
        {
            return false;
        }

        int capacity = Math.Max(InitialCapacity, bio->OutputCapacity);

        while (capacity < needed)
        {
            capacity *= 2;
        }

        bio->Output = (byte*)NativeMemory.Realloc(bio->Output, (nuint)capacity);
        bio->OutputCapacity = capacity;
        return true;
    }
}
