using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Verdigris.Book;

/// <summary>
/// Lets a second thread read and check records while the caller applies those before them. Order, and the place where reading fails, stay
/// as they are; what is short is read without a thread.
/// </summary>
static class ReadAhead
{
    const int GroupBytes = 1 << 20, Groups = 4;

    /// <summary>The same records; each is valid until the next step.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        using var source = records.GetEnumerator();
        var first = new Group();
        first.Fill(source);
        foreach (var record in first.Records()) yield return record;
        if (first.IsLast) yield break;

        using var empty = new BlockingCollection<Group>();
        using var full = new BlockingCollection<Group>();
        empty.Add(first);
        while (empty.Count < Groups) empty.Add(new());
        var reader = Task.Factory.StartNew(() =>
        {
            foreach (var group in empty.GetConsumingEnumerable())
            {
                group.Fill(source);
                full.Add(group);
                if (group.IsLast) return;
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            for (bool last = false; !last;)
            {
                var group = full.Take();
                foreach (var record in group.Records()) yield return record;
                last = group.IsLast;
                empty.Add(group);
            }
        }
        finally
        {
            // A caller that stops in the middle still waits for the reader, which uses the source.
            empty.CompleteAdding();
            while (empty.TryTake(out _)) { }
            reader.Wait();
        }
    }

    /// <summary>Records copied one after the other, and the fault that ended them, if one did.</summary>
    sealed class Group
    {
        readonly List<(int At, int Length)> records = [];
        byte[] bytes = GC.AllocateUninitializedArray<byte>(64 << 10);
        ExceptionDispatchInfo? fault;

        public bool IsLast { get; private set; }

        public void Fill(IEnumerator<ReadOnlyMemory<byte>> source)
        {
            records.Clear();
            try
            {
                for (int used = 0; used < GroupBytes;)
                {
                    if (!source.MoveNext())
                    {
                        IsLast = true;
                        return;
                    }
                    var record = source.Current.Span;
                    if (used + record.Length > bytes.Length) Array.Resize(ref bytes, Math.Max(used + record.Length, bytes.Length * 2));
                    record.CopyTo(bytes.AsSpan(used));
                    records.Add((used, record.Length));
                    used += record.Length;
                }
            }
            catch (Exception e) // told where the records before it have been used
            {
                fault = ExceptionDispatchInfo.Capture(e);
                IsLast = true;
            }
        }

        public IEnumerable<ReadOnlyMemory<byte>> Records()
        {
            foreach (var (at, length) in records) yield return bytes.AsMemory(at, length);
            fault?.Throw();
        }
    }
}
