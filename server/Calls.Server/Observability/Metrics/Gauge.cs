namespace Calls.Server.Observability.Metrics;

/// <summary>A number that goes up and down. Thread-safe.</summary>
internal sealed class Gauge
{
    private double _value;

    public double Value => Volatile.Read(ref _value);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double amount)
    {
        double before = Volatile.Read(ref _value);
        while (true)
        {
            double seen = Interlocked.CompareExchange(ref _value, before + amount, before);
            if (seen.Equals(before))
            {
                return;
            }

            before = seen;
        }
    }
}
