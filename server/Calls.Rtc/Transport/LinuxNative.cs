using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>The system calls that <see cref="Socket"/> does not offer, for 64-bit Linux (x64 and arm64, glibc and musl).</summary>
internal static unsafe partial class LinuxNative
{
    public const int MsgDontWait = 0x40;
    public const int MsgNoSignal = 0x4000;
    public const int ErrorInterrupted = 4;
    public const int ErrorInputOutput = 5;
    public const int ErrorAgain = 11;
    public const int ErrorInvalid = 22;
    public const int ErrorMessageSize = 90;
    public const int ErrorNoBuffers = 105;
    // <linux/udp.h>
    public const int SolUdp = 17;
    public const int UdpSegment = 103;

    public const uint EpollIn = 1;
    public const uint EpollOut = 4;

    // Reported whether asked for or not.
    public const uint EpollError = 8;
    public const uint EpollHangUp = 16;

    private const int EpollCloseOnExec = 0x80000;
    private const int EpollControlAdd = 1;
    private const int EpollControlDelete = 2;
    private const int EpollControlModify = 3;
    private const int EventCloseOnExec = 0x80000;
    private const int EventNonBlocking = 0x800;

    // musl's wrappers of these two loop over sendmsg and recvmsg, so the kernel is called directly.
    private static readonly nint SendMultipleNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 269 : 307;
    private static readonly nint ReceiveMultipleNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 243 : 299;

    /// <summary>Whether the layouts and numbers here are right for this process.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Messages sent, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    public static int SendMultiple(int socket, MultipleMessageHeader* headers, int count) =>
        (int)SystemCall(SendMultipleNumber, socket, (nint)headers, count, MsgDontWait | MsgNoSignal, 0);

    /// <summary>Messages received, or -1.</summary>
    public static int ReceiveMultiple(int socket, MultipleMessageHeader* headers, int count) =>
        (int)SystemCall(ReceiveMultipleNumber, socket, (nint)headers, count, MsgDontWait, 0);

    public static SafeFileDescriptor CreateEpoll() => new(EpollCreate(EpollCloseOnExec));

    public static SafeFileDescriptor CreateEvent() => new(EventCreate(0, EventCloseOnExec | EventNonBlocking));

    /// <summary>Reports <paramref name="data"/> whenever <paramref name="descriptor"/> is readable (level-triggered).</summary>
    public static void Watch(SafeHandle epoll, SafeHandle descriptor, int data)
    {
        if (!TryWatch(epoll, descriptor, data, isAdded: true, EpollIn))
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>As <see cref="Watch"/>, for any events, of a descriptor that is new or that is watched already.</summary>
    public static bool TryWatch(SafeHandle epoll, SafeHandle descriptor, int data, bool isAdded, uint events)
    {
        byte* entry = stackalloc byte[EpollEvents.EntrySize];
        EpollEvents.Write(entry, events, data);
        return EpollControl(epoll, isAdded ? EpollControlAdd : EpollControlModify, descriptor, entry) == 0;
    }

    public static void Unwatch(SafeHandle epoll, SafeHandle descriptor)
    {
        byte* entry = stackalloc byte[EpollEvents.EntrySize];
        _ = EpollControl(epoll, EpollControlDelete, descriptor, entry);
    }

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeHandle descriptor, void* data, nuint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeHandle descriptor, void* data, nuint length);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    public static partial nint SendTo(SafeHandle socket, void* data, nuint length, int flags, void* address, uint addressLength);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(nint descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventCreate(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(SafeHandle epoll, int operation, SafeHandle descriptor, byte* entry);

    // Variadic in C; on x64 and arm64 Linux its integer arguments travel like those of a fixed signature.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>A struct cmsghdr with the size of the segments that a message is cut into; 24 bytes with its padding.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SegmentControl
    {
        /// <summary>Of header and value, without padding.</summary>
        public const int Length = 18;

        public nuint ControlLength;
        public int Level;
        public int Type;
        public ushort SegmentSize;
        private readonly ushort _padding1;
        private readonly uint _padding2;
    }

    /// <summary>struct mmsghdr: a struct msghdr (56 bytes) and the length of the message.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MultipleMessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
        private readonly int _padding;
        public uint Length;
    }
}
