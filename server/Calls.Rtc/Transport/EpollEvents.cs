using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>An array of struct epoll_event, which is packed on x64 only: 12 bytes there, 16 elsewhere.</summary>
internal static unsafe class EpollEvents
{
    public static readonly int EntrySize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly int DataOffset = EntrySize - sizeof(ulong);

    public static void Write(byte* entry, uint events, int data)
    {
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + DataOffset, (ulong)data);
    }

    public static uint Flags(byte* events, int index) => Unsafe.ReadUnaligned<uint>(events + (index * EntrySize));

    public static int Data(byte* events, int index) => (int)Unsafe.ReadUnaligned<ulong>(events + (index * EntrySize) + DataOffset);
}
