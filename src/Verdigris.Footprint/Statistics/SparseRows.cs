using Verdigris.Footprint.Networks;

namespace Verdigris.Footprint.Statistics;

/// <summary>A square matrix by compressed rows, columns ascending within a row.</summary>
sealed class SparseRows
{
    readonly int[] start;

    SparseRows(int[] start, int[] columns, double[] values) => (this.start, Columns, Values) = (start, columns, values);

    public int Size => start.Length - 1;
    public int[] Columns { get; }
    public double[] Values { get; }
    public int[] Starts => start;

    public int Count(int row) => start[row + 1] - start[row];

    /// <summary>Entries at the same place add up, as decimals.</summary>
    public static SparseRows Of(int n, Exchange[] exchanges)
    {
        // Sorted by column, then stably by row: two counting passes, whatever order they came in.
        var byColumn = Bucket(n, exchanges, e => e.Process);
        var byRow = Bucket(n, byColumn, e => e.Flow);
        var start = new int[n + 1];
        var columns = new int[byRow.Length];
        var values = new double[byRow.Length];
        int at = 0, row = 0;
        for (var k = 0; k < byRow.Length;)
        {
            var (flow, process, sum) = byRow[k++];
            while (k < byRow.Length && byRow[k].Flow == flow && byRow[k].Process == process) sum += byRow[k++].Amount;
            while (row < flow) start[++row] = at;
            if (sum == 0) continue;
            columns[at] = process;
            values[at++] = (double)sum;
        }
        while (row < n) start[++row] = at;
        return new(start, columns[..at], values[..at]);
    }

    static Exchange[] Bucket(int n, Exchange[] entries, Func<Exchange, int> key)
    {
        var to = new int[n + 1];
        foreach (var e in entries) to[key(e) + 1]++;
        for (var i = 0; i < n; i++) to[i + 1] += to[i];
        var sorted = new Exchange[entries.Length];
        foreach (var e in entries) sorted[to[key(e)]++] = e;
        return sorted;
    }

    /// <summary>For every process the flow it answers for, so that no entry of the diagonal is missing; null where there is none (structurally singular). A flow it makes where it can be, its own first.</summary>
    public int[]? Pairing()
    {
        var flowOf = new int[Size];
        var processOf = new int[Size];
        Array.Fill(flowOf, -1);
        Array.Fill(processOf, -1);
        for (var i = 0; i < Size; i++)
            if (Array.BinarySearch(Columns, start[i], Count(i), i) is >= 0 and var own && Values[own] > 0) flowOf[i] = processOf[i] = i;
        Augment(flowOf, processOf, makers: true);
        Augment(flowOf, processOf, makers: false);
        return Array.IndexOf(processOf, -1) < 0 ? flowOf : null;
    }

    /// <summary>Augmenting paths (Kuhn) for the flows that are left, without recursion: a row, and how far its entries have been looked at.</summary>
    /// <param name="makers">Only through entries of processes that make the flow.</param>
    void Augment(int[] flowOf, int[] processOf, bool makers)
    {
        var seen = new int[Size];
        var path = new Stack<(int Row, int Next)>();
        for (var free = 0; free < Size; free++)
        {
            if (processOf[free] >= 0) continue;
            path.Clear();
            path.Push((free, start[free]));
            while (path.TryPop(out var at))
            {
                var (row, next) = at;
                if (next == start[row + 1]) continue;
                path.Push((row, next + 1));
                var column = Columns[next];
                if (seen[column] == free + 1 || (makers && Values[next] < 0)) continue;
                seen[column] = free + 1;
                if (flowOf[column] >= 0) { path.Push((flowOf[column], start[flowOf[column]])); continue; }
                foreach (var (taken, behind) in path) (flowOf[Columns[behind - 1]], processOf[taken]) = (taken, Columns[behind - 1]);
                break;
            }
        }
    }

    /// <summary>The rows in the order of a pairing; the right-hand side goes with them.</summary>
    public SparseRows Arranged(int[] flowOf, double[] right)
    {
        var to = new int[Size + 1];
        var columns = new int[Columns.Length];
        var values = new double[Values.Length];
        var given = (double[])right.Clone();
        for (var i = 0; i < Size; i++)
        {
            var (from, count) = (start[flowOf[i]], Count(flowOf[i]));
            Array.Copy(Columns, from, columns, to[i], count);
            Array.Copy(Values, from, values, to[i], count);
            right[i] = given[flowOf[i]];
            to[i + 1] = to[i] + count;
        }
        return new(to, columns, values);
    }

    /// <summary>
    /// Rows and columns scaled in place so that the largest of each is near 1 (Ruiz 2001), by powers of two, which round nothing: what unit a flow or a process is counted in no longer matters. Answers the
    /// factors of the columns, which the solution must be multiplied by.
    /// </summary>
    public double[] Scale(double[] right)
    {
        var byColumn = new double[Size];
        Array.Fill(byColumn, 1);
        for (var pass = 0; pass < 6; pass++)
        {
            var largest = new double[Size];
            for (var k = 0; k < Values.Length; k++) largest[Columns[k]] = Math.Max(largest[Columns[k]], Math.Abs(Values[k]));
            for (var i = 0; i < Size; i++)
            {
                double most = 0;
                for (var k = start[i]; k < start[i + 1]; k++) most = Math.Max(most, Math.Abs(Values[k]));
                var row = Root(most);
                right[i] = Math.ScaleB(right[i], -row);
                for (var k = start[i]; k < start[i + 1]; k++) Values[k] = Math.ScaleB(Values[k], -row - Root(largest[Columns[k]]));
            }
            for (var j = 0; j < Size; j++) byColumn[j] = Math.ScaleB(byColumn[j], -Root(largest[j]));
        }
        return byColumn;

        // The power of two nearest below the square root.
        static int Root(double x) => x > 0 ? Math.ILogB(x) >> 1 : 0;
    }

    /// <summary>A x.</summary>
    public void Times(double[] x, double[] into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            double sum = 0;
            for (var k = start[i]; k < start[i + 1]; k++) sum += Values[k] * x[Columns[k]];
            into[i] = sum;
        }
    }

    /// <summary>f - A x, and the sizes |f| + |A| |x| of each row.</summary>
    public void Residual(double[] f, double[] x, double[] into, double[] sizes)
    {
        for (var i = 0; i < f.Length; i++)
        {
            double sum = f[i], size = Math.Abs(f[i]);
            for (var k = start[i]; k < start[i + 1]; k++)
            {
                var term = Values[k] * x[Columns[k]];
                sum -= term;
                size += Math.Abs(term);
            }
            (into[i], sizes[i]) = (sum, size);
        }
    }
}
