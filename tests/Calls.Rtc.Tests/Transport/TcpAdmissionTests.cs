using System.Net;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class TcpAdmissionTests
{
    private readonly TcpAdmission _admission = new(new TcpLimits { MaxConnections = 6, MaxUnproven = 4, MaxUnprovenPerAddress = 2 });

    [Fact]
    public void Connections_of_one_address_count_together_until_they_are_proven()
    {
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.1"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.1"));
        Assert.Equal(TcpAdmissionResult.TooManyFromAddress, Admit("192.0.2.1"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.2"));

        _admission.Prove(Address("192.0.2.1"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.1"));
        Assert.Equal(4, _admission.Open);
    }

    [Fact]
    public void A_network_of_64_bits_is_one_address()
    {
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("2001:db8::1"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("2001:db8::2"));
        Assert.Equal(TcpAdmissionResult.TooManyFromAddress, Admit("2001:db8::ffff:3"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("2001:db8:0:1::1"));
    }

    [Fact]
    public void There_is_a_limit_for_the_unproven_and_one_for_all()
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(TcpAdmissionResult.Admitted, Admit($"192.0.2.{i}"));
        }

        Assert.Equal(TcpAdmissionResult.TooMany, Admit("192.0.2.9"));
        for (int i = 0; i < 4; i++)
        {
            _admission.Prove(Address($"192.0.2.{i}"));
        }

        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.9"));
        Assert.Equal(TcpAdmissionResult.Admitted, Admit("192.0.2.9"));
        Assert.Equal(TcpAdmissionResult.TooMany, Admit("192.0.2.10"));
        Assert.Equal(6, _admission.Open);
    }

    [Fact]
    public void Nothing_is_remembered_of_what_has_ended()
    {
        for (int i = 0; i < 1_000; i++)
        {
            TransportAddress remote = Address($"198.51.{i / 256}.{i % 256}");
            Assert.Equal(TcpAdmissionResult.Admitted, _admission.TryAdmit(remote));
            if (i % 2 == 0)
            {
                _admission.Prove(remote);
            }

            if (i % 4 == 0)
            {
                _admission.Unprove(remote);
            }

            _admission.Release(remote, isProven: i % 4 == 2);
        }

        Assert.Equal((0, 0), (_admission.Open, _admission.Sources));
    }

    private static TransportAddress Address(string address) => TransportAddress.From(new(IPAddress.Parse(address), 1), isTcp: true);

    private TcpAdmissionResult Admit(string address) => _admission.TryAdmit(Address(address));
}
