using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Calls.Network.Tests;

/// <summary>
/// An internet in network namespaces: a network 198.51.100.0/24 and 2001:db8::/64 that everybody reaches, and private networks
/// behind routers that translate addresses.
/// </summary>
internal sealed partial class Lab : IDisposable
{
    private const string Prefix = "calls-lab-";
    private const int NetworkNamespace = 0x40000000;

    private static int _made;

    private readonly string _name = $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
    private readonly List<string> _namespaces = [];
    private readonly List<IDisposable> _started = [];
    private int _ports;

    public Lab()
    {
        RemoveLeftOvers();
        Wan = Add("wan");
        Run($"""
            ip -n {Wan} link add br0 type bridge
            ip -n {Wan} link set br0 up
            """);
    }

    /// <summary>Why namespaces cannot be made here; <c>null</c> if they can.</summary>
    public static Lazy<string?> WhyNot { get; } = new(static () =>
    {
        try
        {
            using var lab = new Lab();
            lab.AddRouter("probe", 250);
            return null;
        }
        catch (InvalidOperationException refused)
        {
            return $"Network namespaces cannot be made here: {refused.Message.ReplaceLineEndings(" ")}";
        }
    });

    private string Wan { get; }

    /// <summary>A host with an address that everybody reaches: 198.51.100.<paramref name="number"/>, and 2001:db8::<paramref name="number"/>.</summary>
    public string AddPublic(string name, int number)
    {
        string host = Add(name);
        Attach(host, "eth0", number);
        return host;
    }

    /// <summary>A router with that public address and a private network 10.<paramref name="number"/>.0.0/24 behind it.</summary>
    public string AddRouter(string name, int number)
    {
        string router = Add(name);
        Attach(router, "wan", number);
        Run($$"""
            ip netns exec {{router}} sysctl -q -w net.ipv4.ip_forward=1
            ip -n {{router}} link add lan type bridge
            ip -n {{router}} addr add 10.{{number}}.0.1/24 dev lan
            ip -n {{router}} link set lan up
            ip netns exec {{router}} nft -f - <<'END'
            table ip nat {
              chain prerouting { type nat hook prerouting priority -100; }
              chain postrouting {
                type nat hook postrouting priority 100;
                oifname "wan" masquerade fully-random
              }
            }
            table ip filter {
              chain forward { type filter hook forward priority 0; }
            }
            END
            """);
        return router;
    }

    /// <summary>A host behind a router, 10.x.0.2 or higher.</summary>
    public string AddBehind(string router, int number, string name, int host = 2)
    {
        string inside = Add(name);
        string port = $"p{++_ports}";
        Run($"""
            ip -n {router} link add {port} type veth peer name eth0 netns {inside}
            ip -n {router} link set {port} master lan up
            ip -n {inside} addr add 10.{number}.0.{host}/24 dev eth0
            ip -n {inside} link set eth0 up
            ip -n {inside} route add default via 10.{number}.0.1
            """);
        return inside;
    }

    /// <summary>Adds a rule to a router's forward chain, such as <c>ip protocol udp drop</c>.</summary>
    public static void Filter(string router, string rule) => Run($"ip netns exec {router} nft add rule ip filter forward {rule}");

    /// <summary>Lets everything through a router again.</summary>
    public static void Unfilter(string router) => Run($"ip netns exec {router} nft flush chain ip filter forward");

    /// <summary>Forwards a port of a router to a host behind it, UDP and TCP.</summary>
    public static void Forward(string router, int port, string to) => Run($"""
        ip netns exec {router} nft add rule ip nat prerouting iifname wan udp dport {port} dnat to {to}:{port}
        ip netns exec {router} nft add rule ip nat prerouting iifname wan tcp dport {port} dnat to {to}:{port}
        """);

    /// <summary>Gives a router another public address: it forgets all bindings, and everybody behind it comes from elsewhere.</summary>
    public static void Renumber(string router, int from, int to) => Run($"""
        ip -n {router} addr del 198.51.100.{from}/24 dev wan
        ip -n {router} addr add 198.51.100.{to}/24 dev wan
        """);

    /// <summary>Runs shell commands as root of this machine.</summary>
    /// <exception cref="InvalidOperationException">One of them failed.</exception>
    public static void Run(string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-e");
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using Process shell = Process.Start(start)!;
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        shell.StandardInput.Write(script);
        shell.StandardInput.Close();
        shell.WaitForExit();
        if (shell.ExitCode != 0)
        {
            throw new InvalidOperationException(errors.Result.Trim());
        }
    }

    /// <summary>Starts a program on a host.</summary>
    public static Process Start(string host, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(NetworkFactAttribute.Find("ip")!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in (string[])["netns", "exec", host, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
    }

    /// <summary>Runs something on a thread that lives on a host: the sockets that it opens are that host's.</summary>
    public static T In<T>(string host, Func<T> create)
        where T : class
    {
        T? made = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle space = File.OpenHandle($"/run/netns/{host}");
                if (EnterNamespace(space, NetworkNamespace) != 0)
                {
                    throw new InvalidOperationException($"Error {Marshal.GetLastPInvokeError()} at entering {host}.");
                }

                made = create();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? made! : throw new InvalidOperationException($"On {host}: {failure.Message}", failure);
    }

    /// <summary>Ends with the lab, before its networks do.</summary>
    public T Own<T>(T started)
        where T : IDisposable
    {
        _started.Add(started);
        return started;
    }

    public void Dispose()
    {
        _started.Reverse();
        _started.ForEach(static started => started.Dispose());
        Remove(_namespaces);
    }

    // <sched.h>: CLONE_NEWNET.
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(SafeFileHandle space, int kind);

    private string Add(string name)
    {
        string added = $"{_name}-{name}";
        Run($"""
            ip netns add {added}
            ip -n {added} link set lo up
            """);
        _namespaces.Add(added);
        return added;
    }

    private void Attach(string host, string device, int number)
    {
        string port = $"p{++_ports}";
        Run($"""
            ip -n {Wan} link add {port} type veth peer name {device} netns {host}
            ip -n {Wan} link set {port} master br0 up
            ip -n {host} addr add 198.51.100.{number}/24 dev {device}
            ip -n {host} addr add 2001:db8::{number}/64 dev {device} nodad
            ip -n {host} link set {device} up
            """);
    }

    private static void Remove(IReadOnlyList<string> namespaces)
    {
        if (namespaces.Count > 0)
        {
            Run(string.Join('\n', namespaces.Select(static name => $"ip netns del {name} || true")));
        }
    }

    /// <summary>What a run left behind that was killed.</summary>
    private static void RemoveLeftOvers()
    {
        const string Folder = "/run/netns";
        if (!Directory.Exists(Folder))
        {
            return;
        }

        Remove([.. Directory.GetFiles(Folder, $"{Prefix}*")
            .Select(static file => Path.GetFileName(file))
            .Where(static name => !Directory.Exists($"/proc/{name[Prefix.Length..].Split('-')[0]}"))]);
    }
}
