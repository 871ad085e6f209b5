package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Timed is what a run of many small works took: counts, and latencies in milliseconds.
type Timed struct {
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	Done      int     `json:"done"`
	Failed    int     `json:"failed"`
	Why       string  `json:"why,omitempty"`
}

// errNotCounted is of a work that went well and is of no interest.
var errNotCounted = errors.New("not counted")

// Moved is what one bulk transfer took.
type Moved struct {
	MegabytesPerSecond float64 `json:"mbPerSecond"`
	Bytes              int     `json:"bytes"`
}

// repeat lets workers do work until the time is over, or count works are done where count is not 0.
// At a pace, where perSecond is not 0, a work's time begins when its turn was, not when a worker was free for it.
func repeat(workers int, limit time.Duration, count, perSecond int, work func(worker, index int) error) Timed {
	var lock sync.Mutex
	var all []float64
	result := Timed{}
	start := time.Now()
	next := 0
	take := func() int {
		lock.Lock()
		defer lock.Unlock()
		if time.Since(start) >= limit || count > 0 && next >= count {
			return -1
		}
		next++
		return next - 1
	}
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for index := take(); index >= 0; index = take() {
				began := time.Now()
				if perSecond > 0 {
					began = start.Add(time.Duration(index) * time.Second / time.Duration(perSecond))
					time.Sleep(time.Until(began))
				}
				err := work(worker, index)
				took := float64(time.Since(began).Microseconds()) / 1000
				lock.Lock()
				if err == nil {
					all = append(all, took)
				} else if err != errNotCounted {
					result.Failed++
					result.Why = err.Error()
				}
				lock.Unlock()
			}
		})
	}
	group.Wait()
	result.PerSecond = float64(len(all)) / time.Since(start).Seconds()
	slices.Sort(all)
	result.Done = len(all)
	if len(all) > 0 {
		result.P50, result.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return result
}

func loadHTTP(address string, connections int, limit time.Duration, perSecond int) Timed {
	clients := newClients(connections)
	return repeat(connections, limit, 0, perSecond, func(worker, _ int) error {
		return get(clients[worker], address, "")
	})
}

// loadFiltered gives every tenth request the header of a filter; only the others count.
func loadFiltered(address string, connections int, limit time.Duration, perSecond int) Timed {
	clients := newClients(connections)
	return repeat(connections, limit, 0, perSecond, func(worker, index int) error {
		if index%10 != 0 {
			return get(clients[worker], address, "theirs")
		}
		if err := get(clients[worker], address, "mine"); err != nil {
			return err
		}
		return errNotCounted
	})
}

func newClients(connections int) []*http.Client {
	clients := make([]*http.Client, connections)
	for index := range clients {
		clients[index] = &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: 20 * time.Second}
	}
	return clients
}

func get(client *http.Client, address, bench string) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if bench != "" {
		request.Header.Set("X-Bench", bench)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && string(body) != httpBody {
		err = fmt.Errorf("status %d, body %.60q", response.StatusCode, body)
	}
	return err
}

func down(address string, size int) Moved {
	conn := dial(address)
	defer conn.Close()
	start := time.Now()
	check(binary.Write(conn, binary.BigEndian, uint64(size)))
	got, err := io.CopyN(io.Discard, conn, int64(size))
	check(err)
	return moved(int(got), start)
}

// Paused is one transfer's longest silence.
type Paused struct {
	LongestPauseMs float64 `json:"longestPauseMs"`
	Bytes          int     `json:"bytes"`
}

func paused(address string, size int) Paused {
	conn := dial(address)
	defer conn.Close()
	check(binary.Write(conn, binary.BigEndian, uint64(size)))
	result := Paused{}
	block := make([]byte, 256<<10)
	last := time.Now()
	for result.Bytes < size {
		got, err := conn.Read(block)
		check(err)
		result.Bytes += got
		result.LongestPauseMs = max(result.LongestPauseMs, float64(time.Since(last).Microseconds())/1000)
		last = time.Now()
	}
	return result
}

func up(address string, size int) Moved {
	conn := dial(address)
	defer conn.Close()
	start := time.Now()
	check(binary.Write(conn, binary.BigEndian, uint64(size)))
	block := make([]byte, 256<<10)
	for left := size; left > 0; left -= len(block) {
		_, err := conn.Write(block[:min(left, len(block))])
		check(err)
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	check(err)
	return moved(size, start)
}

func dial(address string) net.Conn {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	check(err)
	check(conn.SetDeadline(time.Now().Add(2 * time.Minute)))
	return conn
}

func moved(bytes int, start time.Time) Moved {
	return Moved{float64(bytes) / 1e6 / time.Since(start).Seconds(), bytes}
}

func short(address string, workers int, limit time.Duration, serverCloses bool) Timed {
	word := []byte{'c'}
	if serverCloses {
		word[0] = 's'
	}
	return repeat(workers, limit, 0, 0, func(_, _ int) error {
		conn, err := net.DialTimeout("tcp", address, 10*time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err = conn.Write(word); err != nil {
			return err
		}
		answer := make([]byte, 2)
		if !serverCloses {
			_, err = io.ReadFull(conn, answer[:1])
			return err
		}
		if got, err := io.ReadFull(conn, answer); got != 1 || err != io.ErrUnexpectedEOF {
			return fmt.Errorf("%d bytes, then %v instead of the end", got, err)
		}
		return nil
	})
}

func lookups(pattern string, count, workers int) Timed {
	resolver := &net.Resolver{PreferGo: true}
	return repeat(workers, time.Minute, count, 0, func(_, index int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		octets := strings.NewReplacer("%a", fmt.Sprint(index/250), "%b", fmt.Sprint(index%250))
		_, err := resolver.LookupNetIP(ctx, "ip4", octets.Replace(pattern))
		return err
	})
}
