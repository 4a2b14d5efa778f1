namespace Verdigris.Book;

/// <summary>
/// Makes a large batch durable beside the writer, which decides the next one meanwhile: hashing, writing and flushing of one overlap the deciding of the other. One batch at a time, in order;
/// it answers who sent it. Nobody may see the state before <see cref="Wait"/> has returned.
/// </summary>
sealed class BatchFlusher
{
    readonly VenueCore core;
    readonly object gate = new();
    readonly Thread thread;
    readonly List<Submission> answered = [];
    readonly List<int> places = [];
    DecidedBatch? batch;
    volatile bool busy;
    bool ends;

    public BatchFlusher(VenueCore core)
    {
        this.core = core;
        thread = new(Flush) { IsBackground = true, Name = "book flusher", Priority = ThreadPriority.AboveNormal };
        thread.Start();
    }

    /// <summary>Takes a closed batch and those who are answered with it. The one before has been waited for.</summary>
    /// <param name="submissions">Copied.</param>
    /// <param name="placesOfCommands">Of each that is not of Notes, in their order, where its commands stand in the batch. Copied.</param>
    public void Give(DecidedBatch decided, IEnumerable<Submission> submissions, List<int> placesOfCommands)
    {
        answered.AddRange(submissions);
        places.AddRange(placesOfCommands);
        lock (gate)
        {
            batch = decided;
            busy = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Returns when everything given is durable and answered, or has failed, which the core then says.</summary>
    public void Wait()
    {
        for (int i = 0; i < 20 && busy; i++) Thread.SpinWait(20);
        if (!busy) return;
        lock (gate)
            while (busy) Monitor.Wait(gate);
    }

    /// <summary>Ends the thread when what was given is done.</summary>
    public void End()
    {
        lock (gate)
        {
            ends = true;
            Monitor.PulseAll(gate);
        }
        thread.Join();
    }

    /// <summary>Answers the senders of a durable batch.</summary>
    /// <param name="places">Of the commands of each that is not of Notes.</param>
    public static void Answer(DecidedBatch? decided, IEnumerable<Submission> submissions, List<int> places)
    {
        int place = 0;
        foreach (var submission in submissions)
        {
            if (submission is NoteSubmission notes) notes.Complete();
            else submission.Complete(decided!.Outcomes.Slice(places[place++], submission.Count));
        }
    }

    void Flush()
    {
        while (true)
        {
            lock (gate)
            {
                while (batch is null && !ends) Monitor.Wait(gate);
                if (batch is null) return;
            }
            try
            {
                core.MakeDurable(batch);
                Answer(batch, answered, places);
            }
            catch (VenueStoppedException e)
            {
                foreach (var submission in answered) submission.Fail(e);
            }
            answered.Clear();
            places.Clear();
            lock (gate)
            {
                batch = null;
                busy = false;
                Monitor.PulseAll(gate);
            }
        }
    }
}
